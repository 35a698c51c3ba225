// Package bench measures the service on real servers, with web and worker as
// processes of their own, against references that bound what the machine could do:
// a bare Gin handler that gives the same answer, plain inserts of the same rows.
// docs/performance.md tells how to run it and how to read it.
//
// Absolute times mean little on a machine that is shared or small. So every
// figure is a ratio of two measurements that follow each other, reference and
// service in turn, round after round; what is told is the median of the rounds and
// how far they lie apart. A round begins with fresh processes on an empty Redis and
// a new database, and ends with the audit: one that lost a unit or an order makes
// the whole run fail.
//
// The references live here and not in the product. The load comes from
// internal/load, the same for both.
package bench
