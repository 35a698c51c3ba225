// Package coalesce brings calls together that arrive at the same time and want the
// same thing, so that one script call or one commit serves them all (group commit).
// A worker takes all that waits, up to a limit, and never waits for more to come: a
// lone call goes at once, and a crowd goes in as few batches as the other side
// allows.
//
// Every lane is bounded: beyond its limit a call is refused. Each call that was
// taken gets its outcome, and none is answered before that is known.
package coalesce
