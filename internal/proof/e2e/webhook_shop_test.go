package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill/payment"
)

const webhookSecret = "whsec_dGhlLXRlc3RzLXNpZ24tZXZlbnRzLWZvci10aGUtc2hvcA=="

// webhookShop is the shop's endpoint: it checks every event that it is sent, and
// answers as a test says.
type webhookShop struct {
	*httptest.Server
	t        *testing.T
	verifier *payment.Verifier

	mu     sync.Mutex
	answer http.HandlerFunc  // nil: 204
	bodies map[string]string // of events that the shop has said yes to, or was killed over
	tries  int
}

func newWebhookShop(t *testing.T) *webhookShop {
	verifier, err := payment.NewVerifier([]string{webhookSecret}, 0, nil)
	require.NoError(t, err)
	s := &webhookShop{t: t, verifier: verifier, bodies: map[string]string{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

// env makes an installation tell the shop, and soon again.
func (s *webhookShop) env() []string {
	return []string{"SECKILL_WEBHOOKS_URL=" + s.URL, "SECKILL_WEBHOOKS_SECRET=" + webhookSecret,
		"SECKILL_WEBHOOKS_TIMEOUT=1s", "SECKILL_WEBHOOKS_BACKOFF=50ms"}
}

func (s *webhookShop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender is gone
	}
	id, err := s.verifier.Verify(r.Header, body)
	var event struct{ ID, Type string }
	if err != nil || json.Unmarshal(body, &event) != nil || event.ID != id {
		s.t.Errorf("an event that is not signed, or not under its own id: %v: %.300s", err, body)
	}
	s.mu.Lock()
	s.tries++
	if before, again := s.bodies[id]; again && before != string(body) {
		s.t.Errorf("event %s says something else in a repetition", id)
	}
	answer := s.answer
	if answer == nil {
		s.bodies[id] = string(body)
	}
	s.mu.Unlock()
	if answer != nil {
		answer(w, r)
	}
}

func (s *webhookShop) answers(answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *webhookShop) tried() int { s.mu.Lock(); defer s.mu.Unlock(); return s.tries }

func (s *webhookShop) has(event string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.bodies[event]
	return ok
}

// wasTold waits until the shop has an order's events.
func (s *webhookShop) wasTold(o told, statuses ...string) {
	s.t.Helper()
	for _, status := range statuses {
		testkit.Eventually(s.t, func() bool { return s.has(o.order + ":" + status) }, "the shop was told of "+o.order+":"+status)
	}
}
