// Package fault has points between the steps of the program at which a process
// can be made to die, to wait or to fail, so that tests and rehearsals can prove
// that nothing is lost wherever that happens. They are part of every build and
// off unless the environment arms some of them for one process; a point that is
// off costs one load of a pointer.
//
// A plan is written as points with an action each:
//
//	settler.committed=kill@3;relay.published=pause:2s;expirer.committed=error@1-5
//
//	kill          the process kills itself with SIGKILL
//	pause:2s      the step waits, at most an hour and as long as its context lives
//	error         the step fails as if a service were away
//	@3, @3-5      only at the third pass, or the third to the fifth; else at each
package fault
