package worker

import (
	"pgregory.net/rapid"

	"github.com/seckill-go/seckill/seckill"
)

// life is the life of a process: it ends, or others act, at an edge: just before
// or just after one of its writes to another system.
type life struct {
	edges int    // until then; 0: never
	then  func() // what happens at that edge
	dead  bool
}

// killed is what a process dies of.
type killed struct{}

func (l *life) edge() {
	if l.edges == 0 {
		return
	}
	if l.edges--; l.edges == 0 {
		l.then()
	}
}

func (l *life) die() {
	l.dead = true
	panic(killed{})
}

// attempt runs a step of an agent that may be killed, or that others may come
// between, at any of its edges. Without such a fate it must succeed.
func (s *shop) attempt(rt *rapid.T, what string, step func() error) (survived bool) {
	s.operations++
	switch fate := rapid.SampledFrom([]string{"lives", "lives", "lives", "lives", "dies", "is overtaken"}).Draw(rt, "process"); fate {
	case "dies":
		s.life = life{edges: rapid.IntRange(1, 5).Draw(rt, "at edge"), then: s.die}
	case "is overtaken":
		by := rapid.SampledFrom(overtaking).Draw(rt, "by")
		s.life = life{edges: rapid.IntRange(1, 5).Draw(rt, "at edge"), then: func() { overtakers()[by](s, rt) }}
	}
	return s.run(what, step)
}

func (s *shop) die() { s.life.die() }

// run runs a step up to its end or its death.
func (s *shop) run(what string, step func() error) (survived bool) {
	// Whoever overtakes somebody can die himself.
	load, handing, between, heldUp := s.load, s.handing, s.betweenCommands, s.heldUp
	defer func() {
		// Only a death is caught here; a failed comparison goes on its way up.
		if s.life.dead {
			_ = recover()
			survived = false
			s.newAgents()
			s.load, s.handing, s.betweenCommands = load, handing, between
		}
		s.heldUp = s.heldUp || heldUp
		s.life = life{}
	}()
	s.heldUp = false
	s.mayBeHeldUp(step(), "%s", what)
	return true
}

// mayBeHeldUp lets pass that a sale could not be relied on just now, if that is so.
func (s *shop) mayBeHeldUp(err error, format string, args ...any) {
	if !s.isHeldUp(err) {
		s.noError(err, format, args...)
	}
}

func (s *shop) isHeldUp(err error) bool {
	code := seckill.CodeOf(err)
	return err != nil && s.heldUp && (code == seckill.CodeUnavailable || code == seckill.CodeNotFound)
}

// overtakers are what can happen between two writes of an agent: other agents
// and clients, at work at the same moment.
func overtakers() map[string]func(*shop, *rapid.T) {
	return map[string]func(*shop, *rapid.T){
		"another settler": func(s *shop, rt *rapid.T) { s.handleSettle(s.someOf(rt, &s.bag.settle)) },
		"a releaser":      func(s *shop, rt *rapid.T) { _, err := s.releaser.step(s.ctx); s.mayConflict(err, "release") },
		"a sweep":         func(s *shop, rt *rapid.T) { _, err := s.expirer.consumer().sweep(s.ctx); s.noError(err, "sweep") },
		"an announcer":    func(s *shop, rt *rapid.T) { _, err := s.announcer.step(s.ctx); s.noError(err, "announce") },
		"a retaker":       func(s *shop, rt *rapid.T) { _, err := s.retaker.step(s.ctx); s.mayConflict(err, "decide") },
		"a buyer":         func(s *shop, rt *rapid.T) { s.buy(rt) },
		"a payment":       func(s *shop, rt *rapid.T) { s.pay(rt) },
		"a cancellation":  func(s *shop, rt *rapid.T) { s.cancel(rt) },
		"an operator": func(s *shop, rt *rapid.T) {
			if s.model.Sale.State != seckill.SaleClosed {
				s.addStock(rapid.SampledFrom(wishes[:3]).Draw(rt, "item")[0], 3)
			}
		},
		"another recoverer":      func(s *shop, rt *rapid.T) { s.mayConflict(s.recover(), "recover") },
		"a loss":                 func(s *shop, rt *rapid.T) { s.loseMeanwhile(rt) },
		"a loss and a new start": func(s *shop, rt *rapid.T) { s.loseAndRestore(rt) },
	}
}

var overtaking = []string{"another settler", "a releaser", "a sweep", "an announcer", "a retaker", "a buyer", "a payment", "a cancellation",
	"an operator", "another recoverer", "a loss", "a loss and a new start"}
