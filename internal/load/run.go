package load

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	maxRecorders  = 16
	dialAtOnce    = 64
	redialAfter   = 50 * time.Millisecond // so that a server that is away costs no processor
	progressEvery = 100 * time.Millisecond
)

// Run sends requests until the config, or the end of ctx, says that it is enough,
// and gives what it measured. It fails only when nothing could be sent at all;
// what goes wrong later is counted.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	addr, err := cfg.check()
	if err != nil {
		return nil, err
	}
	r := &run{cfg: cfg}
	for range min(cfg.Connections, maxRecorders) {
		r.recorders = append(r.recorders, newRecorder(cfg.Rate > 0))
	}
	conns, err := r.connect(ctx, addr)
	defer func() {
		for _, c := range conns {
			c.close()
		}
	}()
	if err != nil {
		return nil, fmt.Errorf("load: connect to %s: %w", cfg.URL, err)
	}
	return r.drive(ctx, conns), nil
}

// run is one Run under way.
type run struct {
	cfg       Config
	recorders []*recorder
	began     time.Time
	stopped   atomic.Bool
	last      atomic.Int64 // how many requests were begun
	pacer     *pacer       // nil in a closed loop
}

// connect makes all connections before the clock starts.
func (r *run) connect(ctx context.Context, addr string) ([]*conn, error) {
	conns := make([]*conn, r.cfg.Connections)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(dialAtOnce)
	for i := range conns {
		conns[i] = newConn(addr, &r.cfg)
		g.Go(func() error { return conns[i].dial(ctx) })
	}
	return conns, g.Wait()
}

func (r *run) drive(ctx context.Context, conns []*conn) *Result {
	r.began = time.Now()
	defer context.AfterFunc(ctx, func() { r.stopped.Store(true) })()
	if r.cfg.Progress != nil {
		defer r.watch()()
	}
	var all sync.WaitGroup
	next := r.nextClosed
	if r.cfg.Rate > 0 {
		r.pacer = newPacer(&r.cfg, r.began, &r.stopped)
		all.Go(r.pacer.run)
		next = r.nextOpen
	}
	for i, c := range conns {
		rec := r.recorders[i%len(r.recorders)]
		all.Go(func() { r.send(ctx, c, rec, next) })
	}
	all.Wait()
	if r.pacer != nil {
		r.recorders[0].failure(time.Since(r.began), "never sent", r.pacer.owed.Load()-r.last.Load())
	}
	return merge(r.began, r.recorders)
}

// next gives a request's number and when it is due; false at the end.
type next func(now time.Duration) (n int64, due time.Duration, more bool)

func (r *run) nextClosed(now time.Duration) (int64, time.Duration, bool) {
	if r.stopped.Load() || r.cfg.Duration > 0 && now >= r.cfg.Duration {
		return 0, 0, false
	}
	n := r.last.Add(1) - 1
	if r.cfg.Count > 0 && n >= r.cfg.Count {
		return 0, 0, false
	}
	return n, now, true
}

func (r *run) nextOpen(time.Duration) (int64, time.Duration, bool) {
	if !r.pacer.take() {
		return 0, 0, false
	}
	n := r.last.Add(1) - 1
	return n, r.pacer.due(n), true
}

// send is the life of one connection.
func (r *run) send(ctx context.Context, c *conn, rec *recorder, next next) {
	codes := map[string]string{} // spares a string for each refusal
	now := time.Since(r.began)
	for {
		n, due, more := next(now)
		if !more {
			return
		}
		if r.pacer != nil {
			now = time.Since(r.began)
		}
		t := times{due: due, sent: now}
		a, err := r.exchange(ctx, c, n, now)
		now = time.Since(r.began)
		t.answered = now
		if err != nil {
			rec.failure(now, why(err), 1)
			continue
		}
		code := ""
		if a.Status >= 300 {
			code = intern(codes, a.Code())
		}
		rec.answer(t, r.cfg.Classify(a.Status, code), a.Status, code)
		if r.cfg.OnAnswer != nil {
			r.cfg.OnAnswer(n, a)
		}
	}
}

// exchange connects again where the connection broke, and sends one request.
func (r *run) exchange(ctx context.Context, c *conn, n int64, now time.Duration) (Answer, error) {
	if c.net == nil {
		if err := c.dial(context.WithoutCancel(ctx)); err != nil {
			pause(ctx, redialAfter)
			return Answer{}, err
		}
		now = time.Since(r.began)
	}
	c.request = r.cfg.Source(c.request[:0], n)
	return c.exchange(r.began.Add(now))
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// maxCodes bounds how many codes a connection remembers; a service has a dozen.
const maxCodes = 100

func intern(known map[string]string, code []byte) string {
	if s, ok := known[string(code)]; ok { // the compiler makes no string of this
		return s
	}
	s := string(code)
	if len(known) < maxCodes {
		known[s] = s
	}
	return s
}

// watch tells of the progress until the function that it returns is called.
func (r *run) watch() (stop func()) {
	done := make(chan struct{})
	var told sync.WaitGroup
	told.Go(func() {
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				r.cfg.Progress(r.progress())
				return
			case <-tick.C:
				r.cfg.Progress(r.progress())
			}
		}
	})
	return func() { close(done); told.Wait() }
}

func (r *run) progress() Progress {
	p := Progress{Elapsed: time.Since(r.began)}
	for _, rec := range r.recorders {
		rec.mu.Lock()
		p.Accepted, p.Refused, p.Failed = p.Accepted+rec.counts[Accepted], p.Refused+rec.counts[Refused], p.Failed+rec.counts[Failed]
		rec.mu.Unlock()
	}
	return p
}
