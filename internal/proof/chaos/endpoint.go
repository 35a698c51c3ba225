package chaos

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/seckill-go/seckill/seckill/payment"
)

const webhookSecret = "whsec_dGhlLWNoYW9zLXRlc3RzLXNpZ24tdGhlaXItZXZlbnRz"

// endpoint is where the shop takes its events over HTTP. It is away now and then, and
// sometimes forgets to answer what it has taken.
type endpoint struct {
	server *http.Server
	url    string

	mu     sync.Mutex
	tries  int
	taken  map[string]string // bodies by the event's id
	wrongs []string
}

// serveEndpoint opens it.
func serveEndpoint() (*endpoint, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	verifier, err := payment.NewVerifier([]string{webhookSecret}, 0, nil)
	if err != nil {
		return nil, err
	}
	e := &endpoint{url: "http://" + l.Addr().String(), taken: map[string]string{}}
	e.server = &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the worker died while it sent
		}
		id, err := verifier.Verify(r.Header, body)
		w.WriteHeader(e.take(id, body, err))
	})}
	go func() { _ = e.server.Serve(l) }()
	return e, nil
}

// env lets a worker tell the shop.
func (e *endpoint) env() []string {
	return []string{"SECKILL_WEBHOOKS_URL=" + e.url, "SECKILL_WEBHOOKS_SECRET=" + webhookSecret, "SECKILL_WEBHOOKS_TIMEOUT=1s",
		"SECKILL_WEBHOOKS_BACKOFF=50ms", "SECKILL_WEBHOOKS_MAX_ATTEMPTS=1000"}
}

// take keeps an event and tells what to answer.
func (e *endpoint) take(id string, body []byte, unsigned error) int {
	var event struct{ ID string }
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tries++
	switch {
	case unsigned != nil || json.Unmarshal(body, &event) != nil || event.ID != id:
		e.wrongs = append(e.wrongs, fmt.Sprintf("the shop was sent an event %q that is not signed, or not under its own id: %v", id, unsigned))
	case e.tries%11 == 0:
		return http.StatusServiceUnavailable
	case e.taken[id] != "" && e.taken[id] != string(body):
		e.wrongs = append(e.wrongs, "the shop was sent event "+id+" again with another body")
	}
	e.taken[id] = string(body)
	if e.tries%7 == 0 {
		return http.StatusInternalServerError // it has the event, and says no
	}
	return http.StatusNoContent
}

// told are the events that the shop has, and what was wrong with some.
func (e *endpoint) told() (events map[string]bool, wrongs []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	events = map[string]bool{}
	for id := range maps.Keys(e.taken) {
		events[id] = true
	}
	return events, e.wrongs
}

func (e *endpoint) close() { e.server.Close() }

// awaitTold gives the last events time to reach the shop: a try that failed, or whose
// worker died, comes again seconds later.
func (run *Run) awaitTold(e *Evidence) {
	within(60*time.Second, func() bool {
		e.Told, e.Untrue = run.endpoint.told()
		return len(untold(*e)) == 0
	})
}
