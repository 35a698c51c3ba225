package lock

import "time"

// watch extends the lock until its hold has ended, also when it cannot be made longer: the
// answers tell whether it is still there. What it sends can only extend, so nothing of it
// brings a lock back that was released.
func (h *Held) watch(began time.Time) {
	after := h.claim.lock.cfg.ExtendAfter
	timer := time.NewTimer(time.Until(began.Add(after)))
	defer timer.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-timer.C:
		}
		began := time.Now()
		if h.extend(began) {
			timer.Reset(time.Until(began.Add(after)))
		} else {
			timer.Reset(h.claim.lock.pause(1))
		}
	}
}

// extend asks for one more TTL, or for what is left of the longest hold. False: it was not
// granted, and may be asked for again; until what was granted before runs out, no other
// can get the lock.
func (h *Held) extend(began time.Time) (extended bool) {
	c, quorum := h.claim, h.claim.lock.quorum()
	nodes, lost := c.granted()
	keep := 0
	votes := c.again(h.ctx, nodes, extend, c.lock.cfg.lasting(h.last.Sub(began)))
	for range nodes {
		select {
		case <-h.ctx.Done():
			return false
		case v := <-votes:
			if v.err == nil && v.word == kept {
				keep++
			} else if v.err == nil {
				lost++
			}
		}
		switch {
		case keep >= quorum:
			h.prolong(began)
			return true
		case lost > len(c.asked)-quorum:
			h.lose(ErrLost)
			return false
		}
	}
	return false
}

// granted lists the nodes that have granted the lock, or may have, and counts those that
// have not. One that has not answered yet is neither: asked now, it might say no before it
// grants.
func (c *claim) granted() (nodes []int, refused int) {
	for i := range c.asked {
		select {
		case <-c.asked[i].done:
			if v := c.asked[i].vote; v.err != nil || v.word == granted {
				nodes = append(nodes, i)
			} else {
				refused++
			}
		default:
		}
	}
	return nodes, refused
}
