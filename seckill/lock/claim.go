package lock

import (
	"context"
	"crypto/rand"
)

// claim is one try to get a lock. The nodes know it by its token, which no other has:
// what arrives late of a try that was given up cannot be taken for one of the next.
type claim struct {
	lock  *Lock
	name  string
	token string
	asked []asked // by node
}

// asked is what became of the first question to a node.
type asked struct {
	done chan struct{} // closed when it is known
	vote vote
}

// vote is what a node said.
type vote struct {
	node int
	answer
	err error
}

func (l *Lock) newClaim(name string) *claim {
	c := &claim{lock: l, name: name, token: rand.Text(), asked: make([]asked, len(l.nodes))}
	for i := range c.asked {
		c.asked[i].done = make(chan struct{})
	}
	return c
}

// acquire asks every node for the lock.
func (c *claim) acquire(ctx context.Context, above int64) <-chan vote {
	l := c.lock
	votes := make(chan vote, len(l.nodes))
	for i := range l.nodes {
		l.running.Go(func() {
			v := vote{node: i}
			v.answer, v.err = l.call(ctx, i, acquire, c.name,
				c.token, l.cfg.TTL.Milliseconds(), above, max(0, l.cfg.StayOut.Milliseconds()))
			c.asked[i].vote = v
			close(c.asked[i].done)
			votes <- v
		})
	}
	return votes
}

// again asks nodes that granted the lock for something else.
func (c *claim) again(ctx context.Context, nodes []int, v verb, args ...any) <-chan vote {
	votes := make(chan vote, len(nodes))
	for _, i := range nodes {
		c.lock.running.Go(func() {
			a, err := c.lock.call(ctx, i, v, c.name, append([]any{c.token}, args...)...)
			votes <- vote{i, a, err}
		})
	}
	return votes
}

// release gives the lock back on every node that may have granted it, one that did not
// answer included. A node is asked only when the question for the lock is over there, so
// that it is not overtaken.
func (c *claim) release(ctx context.Context) <-chan vote {
	votes := make(chan vote, len(c.asked))
	for i := range c.asked {
		c.lock.running.Go(func() {
			<-c.asked[i].done
			v := vote{node: i, answer: answer{word: gone}}
			if first := c.asked[i].vote; first.err != nil || first.word == granted {
				v.answer, v.err = c.lock.call(ctx, i, release, c.name, c.token)
			}
			votes <- v
		})
	}
	return votes
}
