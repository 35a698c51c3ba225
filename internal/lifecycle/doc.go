// Package lifecycle starts the parts of a process in order and stops them in
// the reverse order, each within a bound.
//
// A part is a Component with a stage. Lower stages start first and stop last: what
// others depend on has a lower stage than they. To stop a stage means to cancel its
// context, to wait for its parts, and only then to stop the stage below. So requests
// are drained while the workers still run, and the workers finish while their
// connections are still open.
//
// Invariants: no stage is asked to stop before all stages above it have ended
// or used up their time; Run returns within the drain timeout after it was
// asked to; the first failure is the error that Run returns.
package lifecycle
