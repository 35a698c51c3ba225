package intake

import (
	"container/heap"
	"context"
	"time"
)

// collect waits for something to do and returns the next batch; an empty one
// means that ctx has ended.
func (l *loop) collect(ctx context.Context) ([]*message, error) {
	for {
		if err := l.buryDue(ctx); err != nil {
			return nil, err
		}
		first, err := l.first(ctx)
		if err != nil || ctx.Err() != nil {
			return nil, err
		}
		if first == nil || first.verdict != nil {
			// Only the time has come for something that is held: look again.
			if first != nil {
				l.held.push(first)
			}
			continue
		}
		if first.alone {
			return []*message{first}, nil
		}
		return l.fill(ctx, first)
	}
}

// buryDue tries again to bury what is condemned.
func (l *loop) buryDue(ctx context.Context) error {
	settle, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	for len(l.held) > 0 && l.held[0].verdict != nil && !l.held[0].due.After(time.Now()) {
		if err := l.bury(settle, l.held.pop()); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
	}
	return nil
}

// first waits for a new delivery or for the next attempt of a held one.
func (l *loop) first(ctx context.Context) (*message, error) {
	var due <-chan time.Time
	if len(l.held) > 0 {
		wait := time.Until(l.held[0].due)
		if wait <= 0 && ctx.Err() == nil {
			return l.held.pop(), nil
		}
		timer := time.NewTimer(wait)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-ctx.Done():
		return nil, nil
	case <-due:
		return nil, nil
	case item, ok := <-l.src.Items():
		if !ok {
			return nil, ErrSessionOver
		}
		return &message{Item: item}, nil
	}
}

// fill adds to a batch what is at hand, and what comes within MaxWait.
func (l *loop) fill(ctx context.Context, first *message) ([]*message, error) {
	batch := []*message{first}
	now := time.Now()
	for len(batch) < l.opts.BatchSize && len(l.held) > 0 && l.held[0].ready(now) {
		batch = append(batch, l.held.pop())
	}
	timer := time.NewTimer(l.opts.MaxWait)
	defer timer.Stop()
	for len(batch) < l.opts.BatchSize {
		select {
		case item, ok := <-l.src.Items():
			if !ok {
				return nil, ErrSessionOver
			}
			batch = append(batch, &message{Item: item})
			continue
		default:
		}
		if l.opts.MaxWait == 0 {
			return batch, nil
		}
		select {
		case item, ok := <-l.src.Items():
			if !ok {
				return nil, ErrSessionOver
			}
			batch = append(batch, &message{Item: item})
		case <-timer.C:
			return batch, nil
		case <-ctx.Done():
			// What is in hand is handled; the grace is there for that.
			return batch, nil
		}
	}
	return batch, nil
}

// ready tells whether the message can join a batch now.
func (m *message) ready(now time.Time) bool {
	return !m.due.After(now) && !m.alone && m.verdict == nil
}

// held is a heap of messages by due.
type held []*message

func (h *held) push(m *message) { heap.Push((*byDue)(h), m) }
func (h *held) pop() *message   { return heap.Pop((*byDue)(h)).(*message) }

type byDue []*message

func (h byDue) Len() int           { return len(h) }
func (h byDue) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h byDue) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *byDue) Push(x any)        { *h = append(*h, x.(*message)) }
func (h *byDue) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return last
}
