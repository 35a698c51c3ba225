package mockpay

import (
	"sync"
	"time"
)

// maxSilent bounds how many payments are remembered; then the gateway forgets
// all of them, as it does when it ends.
const maxSilent = 10_000

// silentPayments are those that were paid and of which the shop was not told: it
// has to ask.
type silentPayments struct {
	mu   sync.Mutex
	paid map[string]time.Time
}

func (s *silentPayments) pay(id string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.paid == nil || len(s.paid) >= maxSilent {
		s.paid = map[string]time.Time{}
	}
	if _, before := s.paid[id]; !before {
		s.paid[id] = at
	}
}

func (s *silentPayments) paidAt(id string) (at time.Time, paid bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, paid = s.paid[id]
	return at, paid
}
