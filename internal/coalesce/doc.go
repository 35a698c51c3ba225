// Package coalesce batches calls that arrive at the same time, so that one script call
// or one commit serves all of them (group commit). Calls with the same key, such as
// those for one sale, share a lane: a queue with a few workers. A worker takes all that
// waits, up to a limit, and never waits for more to come: a call that is alone goes at
// once, and many go in as few batches as the other side allows.
//
// Every lane is bounded: beyond its limit a call is refused. Each call that was
// taken gets its outcome, and none is answered before that is known.
//
// Begin with lanes.go; call.go is one call on its way.
package coalesce
