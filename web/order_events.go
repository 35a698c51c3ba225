package web

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
)

const (
	routeOrderEvents = "/api/v1/orders/:order/events"
	// streamsPerBuyer bounds one buyer's share of the streams.
	streamsPerBuyer = 10
	// streamRetry is after how long a client connects again.
	streamRetry = 2 * time.Second
	// streamWrite bounds one write: who does not read loses the stream.
	streamWrite = 10 * time.Second
)

// streams counts the open event streams of this process and ends them all when
// it drains.
type streams struct {
	most int

	mu       sync.Mutex
	open     int
	byBuyer  map[string]int
	drained  chan struct{} // closed while draining
	draining bool
}

func newStreams(most int) *streams {
	return &streams{most: most, byBuyer: map[string]int{}, drained: make(chan struct{})}
}

// enter takes a place; drained is closed when the stream must end. leave must be
// called once.
func (s *streams) enter(buyer string) (drained <-chan struct{}, leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open >= s.most || s.byBuyer[buyer] >= streamsPerBuyer {
		return nil, nil, false
	}
	s.open++
	s.byBuyer[buyer]++
	return s.drained, func() { s.leave(buyer) }, true
}

func (s *streams) leave(buyer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	if s.byBuyer[buyer]--; s.byBuyer[buyer] == 0 {
		delete(s.byBuyer, buyer)
	}
}

func (s *streams) setDraining(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case on && !s.draining:
		close(s.drained)
	case !on && s.draining:
		s.drained = make(chan struct{})
	}
	s.draining = on
}

// orderEvents streams an order's changes: its state at once, then each new one,
// until a final status.
func (s *Server) orderEvents(c *gin.Context, buyer string) {
	id, ok := s.pathID(c, "order")
	if !ok {
		return
	}
	drained, leave, ok := s.streams.enter(buyer)
	if !ok {
		s.fail(c, &seckill.Error{Code: seckill.CodeUnavailable, RetryAfter: streamRetry,
			Detail: "There are too many open streams. Ask for the order instead."})
		return
	}
	defer leave()
	// Before the first look, so that no change falls in between.
	changes, stop := s.cfg.Gate.Watch(id)
	defer stop()
	order, err := s.findOrder(c.Request.Context(), id, buyer)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.metrics.streams.Inc()
	defer s.metrics.streams.Dec()
	ctx, cancel := context.WithTimeout(c.Request.Context(), s.cfg.MaxStream)
	defer cancel()
	w := newEventWriter(c)
	if w.begin() == nil {
		s.follow(ctx, w, order, changes, drained)
	}
}

// follow writes until the order is final, the time is over, the process drains
// or the client is gone.
func (s *Server) follow(ctx context.Context, w *eventWriter, order seckill.Order, changes <-chan seckill.Change, drained <-chan struct{}) {
	heartbeat := time.NewTicker(s.cfg.Heartbeat)
	defer heartbeat.Stop()
	poll := time.NewTicker(s.cfg.Poll)
	defer poll.Stop()
	if w.order(order) != nil {
		return
	}
	for !order.Status.Final() {
		select {
		case <-ctx.Done():
			return
		case <-drained:
			return
		case <-heartbeat.C:
			if w.comment() != nil {
				return
			}
			continue
		case change, open := <-changes:
			if !open {
				changes = nil
				continue
			}
			if change.Status == order.Status {
				continue
			}
		case <-poll.C:
		}
		// An announcement is a reason to look, never the answer itself.
		now, err := s.cfg.Ledger.Order(ctx, order.ID)
		if err != nil || now.Status == order.Status {
			continue
		}
		order = now
		if w.order(order) != nil {
			return
		}
	}
}

// eventWriter writes server-sent events, each within its own deadline.
type eventWriter struct {
	w   http.ResponseWriter
	ctl *http.ResponseController
}

func newEventWriter(c *gin.Context) *eventWriter {
	return &eventWriter{w: c.Writer, ctl: http.NewResponseController(c.Writer)}
}

func (e *eventWriter) begin() error {
	h := e.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would keep events back
	e.w.WriteHeader(http.StatusOK)
	return e.write(fmt.Appendf(nil, "retry: %d\n\n", streamRetry.Milliseconds()))
}

func (e *eventWriter) order(o seckill.Order) error {
	return e.write(fmt.Appendf(nil, "id: %s:%s\ndata: %s\n\n", o.ID, o.Status, orderJSON(o)))
}

// comment keeps proxies from taking a quiet stream for a dead one.
func (e *eventWriter) comment() error { return e.write([]byte(":\n\n")) }

// write moves the server's write deadline, which is meant for short answers. A
// recorder in a test has none.
func (e *eventWriter) write(b []byte) error {
	_ = e.ctl.SetWriteDeadline(time.Now().Add(streamWrite))
	if _, err := e.w.Write(b); err != nil {
		return err
	}
	return e.ctl.Flush()
}
