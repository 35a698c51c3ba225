// Package fair has what a draw that anybody can check is made of: the hash that stands
// for an entry, the commitment to a list of entries, the rank that public randomness
// gives to each, and the beacons that such randomness comes from; and the pass of whose
// turn it is in a queue.
//
// It keeps nothing and decides nothing about units. Its sub-package proof checks a draw
// from what is published, and shares no code with this one, so that a mistake here does
// not approve of itself.
package fair
