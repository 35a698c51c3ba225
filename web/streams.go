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

// streamRetry is after how long a client connects again.
const streamRetry = 2 * time.Second

// streams counts the open event streams of one kind in this process and ends them
// all when it drains.
type streams struct {
	room       *streamRoom // shared with other kinds; nil for a kind of its own
	most, each int         // in all, and of one owner
	gauge      prometheus.Gauge
	// full is what is said to those for whom there is no place.
	full *seckill.Error

	mu       sync.Mutex
	open     int
	byOwner  map[string]int
	drained  chan struct{} // closed while draining
	draining bool
}

func newStreams(room *streamRoom, most, each int, gauge prometheus.Gauge, full *seckill.Error) *streams {
	return &streams{room: room, most: most, each: each, gauge: gauge, full: full, byOwner: map[string]int{}, drained: make(chan struct{})}
}

// enter takes a place; drained is closed when the stream must end. leave must be
// called once.
func (s *streams) enter(owner string) (drained <-chan struct{}, leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open >= s.most || owner != "" && s.byOwner[owner] >= s.each {
		return nil, nil, false
	}
	s.open++
	s.byOwner[owner]++
	s.gauge.Inc()
	return s.drained, func() { s.leave(owner) }, true
}

func (s *streams) leave(owner string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	s.gauge.Dec()
	if s.byOwner[owner]--; s.byOwner[owner] == 0 {
		delete(s.byOwner, owner)
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

// stream is an open event stream.
type stream struct {
	*eventWriter
	// ctx ends with the client's connection, with the right to watch, and when the
	// stream has lasted long enough.
	ctx context.Context
	// drained is closed when the stream must end.
	drained <-chan struct{}
}

// watcher is who asks for a stream.
type watcher struct {
	owner string    // who has a share of the places; "" has no share of his own
	until time.Time // when the right to watch ends; zero is never
}

// stream answers with an event stream for as long as follow takes. Until there is a
// place for it, and look says that there is something to see, it is an answer like
// any other.
func (s *Server) stream(c *gin.Context, places *streams, who watcher, look func(context.Context) error, follow func(stream)) {
	if places.room != nil {
		source := s.source(c.Request)
		ok, share := places.room.enter(source)
		if !share {
			s.tooMany(c, "streams", streamRetry)
			return
		}
		if !ok {
			s.fail(c, places.full)
			return
		}
		defer places.room.leave(source)
	}
	drained, leave, ok := places.enter(who.owner)
	if !ok {
		s.fail(c, places.full)
		return
	}
	defer leave()
	var err error
	if apart(func() { err = look(c.Request.Context()) }); err != nil {
		s.fail(c, err)
		return
	}
	lasts := s.cfg.MaxStream
	if !who.until.IsZero() {
		lasts = min(lasts, who.until.Sub(s.cfg.Clock()))
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), lasts)
	defer cancel()
	w := newEventWriter(c)
	w.begin()
	follow(stream{eventWriter: w, ctx: ctx, drained: drained})
}

// apart does what needs a deep stack in a goroutine of its own. A stack does not
// become smaller again while much of it is in use, so each of thousands of streams
// would keep what its first look took.
func apart(do func()) {
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
