package coalesce

import "sync/atomic"

// call is one call on its way through a lane.
type call[In, Out any] struct {
	in    In
	state atomic.Int32
	done  chan Out // has room for the one outcome
}

// A call waits, and then is either taken by a worker or left by its caller.
const (
	callWaits int32 = iota
	callTaken
	callLeft
)

func newCall[In, Out any](in In) *call[In, Out] {
	return &call[In, Out]{in: in, done: make(chan Out, 1)}
}

func (c *call[In, Out]) take() bool { return c.state.CompareAndSwap(callWaits, callTaken) }

// leave tells that the caller is gone. It returns false when a worker was
// faster: then the call may take effect.
func (c *call[In, Out]) leave() bool { return c.state.CompareAndSwap(callWaits, callLeft) }
