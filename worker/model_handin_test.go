package worker

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/seckill-go/seckill/seckill"
)

// handingIn is a web process that gives Redis the orders again that it told buyers of.
type handingIn struct {
	left  []seckill.ID // to be handed in
	lost  []seckill.ID // and to be recorded next
	again int
	fails string // how recording fails the next time: "", "before" or "after"
}

// meanwhile are those who can act between a failure to record a lost order and the
// next try.
var meanwhile = []string{"a releaser", "an operator", "another settler", "another recoverer", "a buyer", "a sweep"}

func (s *shop) handIn(rt *rapid.T) {
	s.fails = rapid.SampledFrom([]string{"", "", "before", "after"}).Draw(rt, "recording fails")
	failed := false
	survived := s.attempt(rt, "hand in", func() error {
		failed = errors.Is(s.handInOnce(), errAway)
		return nil
	})
	s.fails = ""
	switch {
	case !survived:
		s.newWebProcess()
	case failed:
		for range 2 {
			overtakers()[rapid.SampledFrom(meanwhile).Draw(rt, "meanwhile")](s, rt)
		}
		_ = s.handInOnce()
	}
}

func (s *shop) handInOnce() error {
	fails := s.fails
	s.handing = &handingIn{left: s.model.Journal(), fails: fails}
	defer func() { s.handing = nil }()
	before := s.gate.Stats().TakenAgain
	err := s.gate.HandIn(s.ctx, theSale)
	h := s.handing
	s.equal(int64(h.again), s.gate.Stats().TakenAgain-before, "orders that were taken again")
	s.takenAgain += h.again
	s.check(len(h.lost) == 0 || err != nil, "orders %v are lost and were not recorded", h.lost)
	s.check(err != nil || len(h.left) == 0, "orders %v were not handed in", h.left)
	if s.model.Redis.Loaded && fails == "" {
		s.noError(err, "hand in")
	}
	return err
}

// afterCommand follows a hand-in, call by call.
func (s *shop) afterCommand(cmd redis.Cmder) {
	if isSignOfLife(cmd) {
		return
	}
	h := s.handing
	if h == nil || cmd.Err() != nil || cmd.Name() != "evalsha" && cmd.Name() != "eval" || !s.model.Redis.Loaded {
		return
	}
	n := 1
	for n < len(h.left) && s.model.Orders[h.left[n]].Told.Ticket != s.model.Orders[h.left[n-1]].Told.Ticket {
		n++
	}
	again, lost := s.model.HandIn(s.clock.Now(), h.left[:n])
	h.left, h.lost, h.again = h.left[n:], lost, h.again+again
}

// recordLost is the web process's way to SQL for orders that are lost.
func (s *shop) recordLost(ctx context.Context, o seckill.Order) error {
	h := s.handing
	s.handing = nil // what others do in between is no hand-in
	defer func() { s.handing = h }()
	s.check(len(h.lost) > 0 && h.lost[0] == o.ID, "order %s is recorded as lost, the model has %v", o.ID, h.lost)
	h.lost = h.lost[1:]
	s.life.edge()
	fails := h.fails
	h.fails = ""
	if fails == "before" {
		return errAway
	}
	s.noError(s.ledger.RecordLost(ctx, o), "record a lost order")
	s.model.RecordLost(o.ID)
	s.lostAndTold++
	s.life.edge()
	if fails == "after" {
		return errAway
	}
	s.model.Orders[o.ID].Journaled = false
	return nil
}

// newWebProcess is one that starts: it knows of no order.
func (s *shop) newWebProcess() {
	s.handing = nil
	s.closeGate()
	s.openGate()
	s.newAgents()
	s.model.Forget()
}
