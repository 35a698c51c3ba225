package lock

import (
	"context"
	"errors"
	"time"
)

// try asks all nodes once. What it got is given back if that is no majority.
func (l *Lock) try(ctx context.Context, w wish) (*Held, error) {
	// No TTL begins before this moment, and validity counts from here.
	began := time.Now()
	c := l.newClaim(w.name)
	fence, err := c.win(ctx, w.above)
	if err == nil && time.Since(began) >= l.cfg.validity() {
		err = noMajority(errLate)
	}
	if err != nil {
		c.release(ctx)
		return nil, err
	}
	return l.hold(ctx, c, fence, began), nil
}

// win gets the lock from a majority, and makes the number known to a majority of those
// who granted it before it counts.
func (c *claim) win(ctx context.Context, above int64) (fence int64, err error) {
	won, err := c.poll(ctx, c.acquire(ctx, above))
	if err != nil {
		return 0, err
	}
	var nodes []int
	for _, v := range won {
		nodes, fence = append(nodes, v.node), max(fence, v.number)
	}
	if len(c.lock.nodes) == 1 {
		return fence, nil // it has written its number down with the lock
	}
	known := 0
	for votes, left := c.again(ctx, nodes, raise, fence), len(nodes); known < c.lock.quorum(); left-- {
		if known+left < c.lock.quorum() {
			return 0, noMajority(errLate) // it ended there, or the node is gone
		}
		select {
		case v := <-votes:
			if v.err == nil && v.word == kept {
				known++
			}
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	return fence, nil
}

// poll waits for as many votes as decide, so that nobody waits for a node that hangs, and
// gives those that granted the lock: a majority, and whoever else has answered by then.
func (c *claim) poll(ctx context.Context, votes <-chan vote) (won []vote, err error) {
	all, quorum := len(c.lock.nodes), c.lock.quorum()
	var others int
	var silent []error
	for {
		left := all - len(won) - others - len(silent)
		switch {
		case len(won) >= quorum && len(votes) == 0:
			return won, nil
		case len(won)+left < quorum && len(won)+others >= quorum:
			return nil, isTaken()
		case len(silent) > all-quorum:
			return nil, noMajority(errors.Join(silent...))
		}
		select {
		case v := <-votes:
			switch {
			case v.err != nil:
				silent = append(silent, v.err)
			case v.word == granted:
				won = append(won, v)
			case v.word == out:
				silent = append(silent, errOut)
			default:
				others++
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
