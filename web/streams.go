package web

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/seckill-go/seckill/seckill"
)

// StreamRetry is after how long a client connects again.
const StreamRetry = 2 * time.Second

// StreamKind describes the event streams that tell of one kind of thing.
type StreamKind struct {
	// Of names it in the metrics.
	Of string
	// Route is what they are asked for at. They last as long as they like, so how long
	// answers take there is not measured.
	Route string
	// Room is shared with other kinds. Default: a kind of its own.
	Room *StreamRoom
	// Most is how many there may be in this process, and Each how many of one owner.
	Most, Each int
	// Full is said to those for whom there is no place, and RetryAfter when to ask again.
	Full       string
	RetryAfter time.Duration
}

// Streams counts the open event streams of one kind in this process and ends them
// all when it drains.
type Streams struct {
	server *Server
	kind   StreamKind
	gauge  prometheus.Gauge
	full   *seckill.Error

	mu       sync.Mutex
	open     int
	byOwner  map[string]int
	drained  chan struct{} // closed while draining
	draining bool
}

// NewStreams makes room for the event streams of a kind. It is for the time before the
// server serves.
func (s *Server) NewStreams(kind StreamKind) *Streams {
	all := &Streams{server: s, kind: kind, gauge: s.metrics.streams.WithLabelValues(kind.Of),
		full:    &seckill.Error{Code: seckill.CodeUnavailable, RetryAfter: kind.RetryAfter, Detail: kind.Full},
		byOwner: map[string]int{}, drained: make(chan struct{})}
	s.metrics.streaming[kind.Route] = true
	s.streams = append(s.streams, all)
	return all
}

// enter takes a place; drained is closed when the stream must end. leave must be
// called once.
func (s *Streams) enter(owner string) (drained <-chan struct{}, leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open >= s.kind.Most || owner != "" && s.byOwner[owner] >= s.kind.Each {
		return nil, nil, false
	}
	s.open++
	s.byOwner[owner]++
	s.gauge.Inc()
	return s.drained, func() { s.leave(owner) }, true
}

func (s *Streams) leave(owner string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	s.gauge.Dec()
	if s.byOwner[owner]--; s.byOwner[owner] == 0 {
		delete(s.byOwner, owner)
	}
}

func (s *Streams) setDraining(on bool) {
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

// Stream is an open event stream.
type Stream struct {
	*eventWriter
	// Ctx ends with the client's connection, with the right to watch, and when the
	// stream has lasted long enough.
	Ctx context.Context
	// Drained is closed when the stream must end.
	Drained <-chan struct{}
}

// Await waits for news of a stream, and writes a comment with each beat meanwhile. It is
// false when the stream is over.
func Await[T any](s Stream, beat *time.Ticker, news <-chan T) bool {
	for {
		select {
		case <-s.Ctx.Done():
			return false
		case <-s.Drained:
			return false
		case <-beat.C:
			if s.Comment() != nil {
				return false
			}
		case <-news:
			return true
		}
	}
}

// Watcher is who asks for a stream.
type Watcher struct {
	Owner string    // who has a share of the places; "" has no share of his own
	Until time.Time // when the right to watch ends; zero is never
}

// Serve answers with an event stream for as long as follow takes. Until there is a
// place for it, and look says that there is something to see, it is an answer like
// any other.
func (s *Streams) Serve(c *gin.Context, who Watcher, look func(context.Context) error, follow func(Stream)) {
	if room := s.kind.Room; room != nil {
		source := s.server.source(c.Request)
		ok, share := room.enter(source)
		if !share {
			s.server.tooMany(c, "streams", StreamRetry)
			return
		}
		if !ok {
			s.server.Fail(c, s.full)
			return
		}
		defer room.leave(source)
	}
	drained, leave, ok := s.enter(who.Owner)
	if !ok {
		s.server.Fail(c, s.full)
		return
	}
	defer leave()
	var err error
	if Apart(func() { err = look(c.Request.Context()) }); err != nil {
		s.server.Fail(c, err)
		return
	}
	lasts := s.server.cfg.MaxStream
	if !who.Until.IsZero() {
		lasts = min(lasts, who.Until.Sub(s.server.cfg.Clock()))
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), lasts)
	defer cancel()
	w := newEventWriter(c)
	w.begin()
	follow(Stream{eventWriter: w, Ctx: ctx, Drained: drained})
}

// Apart does what needs a deep stack in a goroutine of its own. A stack does not
// become smaller again while much of it is in use, so each of thousands of streams
// would keep what its first look took.
func Apart(do func()) {
	var panicked error
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if v := recover(); v != nil {
				panicked = fmt.Errorf("%v\n%s", v, debug.Stack())
			}
		}()
		do()
	}()
	<-done
	if panicked != nil {
		panic(panicked) // where it is turned into an answer
	}
}
