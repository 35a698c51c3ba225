package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// ErrStuck says that a component did not end in time.
var ErrStuck = errors.New("did not stop in time")

// errEnded is the failure of a component that ended although nobody asked.
var errEnded = errors.New("ended by itself")

// Component is one part of a process.
type Component struct {
	// Name stands in logs and errors.
	Name string
	// Stage orders starts and stops; components of one stage stop together.
	Stage int
	// Start prepares the component, if set, such as listening on a port. Starts
	// happen one after the other; a failure stops everything again.
	Start func(ctx context.Context) error
	// Run works until ctx ends; then it finishes what it has begun and returns.
	// What must not take longer than the drain allows goes under Hard(ctx).
	Run func(ctx context.Context) error
	// Finite lets Run end by itself without an error. Otherwise that is a
	// failure: a loop that ended unnoticed would leave its work undone.
	Finite bool
}

// Config is what a Group needs.
type Config struct {
	// Logger tells of starts and stops. Required.
	Logger *slog.Logger
	// DrainTimeout bounds a stop as a whole. Required, positive.
	DrainTimeout time.Duration
}

// Group runs components together.
type Group struct {
	cfg        Config
	components []Component
}

// New makes an empty group.
func New(cfg Config) (*Group, error) {
	if cfg.Logger == nil || cfg.DrainTimeout <= 0 {
		return nil, errors.New("lifecycle: Logger and a positive DrainTimeout are required")
	}
	return &Group{cfg: cfg}, nil
}

// Add adds a component. Call it before Run.
func (g *Group) Add(c Component) { g.components = append(g.components, c) }

// Run starts all components, and stops them when ctx ends or one of them fails.
// It returns the first failure; being asked to stop is none.
func (g *Group) Run(ctx context.Context) error {
	// Components must not see the end of ctx all at once.
	r := &run{cfg: g.cfg, base: context.WithoutCancel(ctx), failed: make(chan struct{})}
	order := slices.Clone(g.components)
	slices.SortStableFunc(order, func(a, b Component) int { return a.Stage - b.Stage })
	for _, c := range order {
		if ctx.Err() != nil || r.hasFailed() {
			break
		}
		r.start(ctx, c)
	}
	select {
	case <-ctx.Done():
	case <-r.failed:
	}
	r.stop()
	return r.failure()
}

// run is one run of a group.
type run struct {
	cfg    Config
	base   context.Context
	stages []*stage // in the order of their start

	failed chan struct{} // closed at the first failure
	mu     sync.Mutex
	first  error
}

// stage is the running components of one stage.
type stage struct {
	number    int
	soft      context.Context
	stop      context.CancelFunc
	cut       context.CancelFunc
	running   sync.WaitGroup
	mu        sync.Mutex
	remaining map[string]int
}

func (r *run) fail(name string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.first == nil {
		r.first = fmt.Errorf("%s: %w", name, err)
		close(r.failed)
	}
}

func (r *run) hasFailed() bool { return r.failure() != nil }

func (r *run) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.first
}

// start prepares a component under ctx, so that an impatient operator need not
// wait for a start that hangs, and runs it under its stage's own context.
func (r *run) start(ctx context.Context, c Component) {
	if c.Start != nil {
		if err := protect(func() error { return c.Start(ctx) }); err != nil {
			if ctx.Err() == nil {
				r.fail(c.Name, fmt.Errorf("start: %w", err))
			}
			return
		}
	}
	s := r.stage(c.Stage)
	s.enter(c.Name)
	r.cfg.Logger.Debug("started", "component", c.Name)
	s.running.Go(func() {
		defer s.leave(c.Name)
		err := protect(func() error { return c.Run(s.soft) })
		switch {
		case s.soft.Err() != nil && (err == nil || errors.Is(err, context.Canceled)):
			r.cfg.Logger.Debug("stopped", "component", c.Name)
		case err == nil && c.Finite:
		case err == nil:
			r.fail(c.Name, errEnded)
		default:
			r.fail(c.Name, err)
			r.cfg.Logger.Error("failed", "component", c.Name, "error", err)
		}
	})
}

// stage gives the newest stage, or opens the next one.
func (r *run) stage(number int) *stage {
	if n := len(r.stages); n > 0 && r.stages[n-1].number == number {
		return r.stages[n-1]
	}
	hard, cut := context.WithCancel(r.base)
	soft, stop := context.WithCancel(context.WithValue(hard, hardKey{}, hard))
	s := &stage{number: number, soft: soft, stop: stop, cut: cut, remaining: map[string]int{}}
	r.stages = append(r.stages, s)
	return s
}

func (s *stage) enter(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remaining[name]++
}

func (s *stage) leave(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.remaining[name]--; s.remaining[name] == 0 {
		delete(s.remaining, name)
	}
}

func (s *stage) stuck() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := make([]string, 0, len(s.remaining))
	for name := range s.remaining {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// stop ends the stages from the last one down. A stage may take all the time
// that is left but for a share that the stages below it keep: one that hangs
// must not cost the others their good end.
func (r *run) stop() {
	deadline := time.Now().Add(r.cfg.DrainTimeout)
	share := r.cfg.DrainTimeout / time.Duration(2*len(r.stages)+2)
	for i, s := range slices.Backward(r.stages) {
		kept := time.Duration(i) * share
		r.stopStage(s, time.Until(deadline)-kept, share)
	}
}

// stopStage asks first; what is left of the stage's time after that is cut off,
// and has the last share of it to notice.
func (r *run) stopStage(s *stage, within, share time.Duration) {
	ended := make(chan struct{})
	go func() { s.running.Wait(); close(ended) }()
	s.stop()
	defer s.cut()
	if waitFor(ended, within-share) {
		return
	}
	r.cfg.Logger.Warn("cut off", "components", s.stuck())
	s.cut()
	if !waitFor(ended, share) {
		for _, name := range s.stuck() {
			r.cfg.Logger.Error("did not stop in time", "component", name)
			r.fail(name, ErrStuck)
		}
	}
}

func waitFor(ended <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(max(d, 0))
	defer timer.Stop()
	select {
	case <-ended:
		return true
	case <-timer.C:
		return false
	}
}

// protect makes an error of a panic: the other components still stop in order.
func protect(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}

type hardKey struct{}

// Hard gives the context under which a component finishes what it has begun. It
// outlives the end of ctx by as long as the drain allows, and is then cut off.
// Without a Group around it, it is ctx that never ends.
func Hard(ctx context.Context) context.Context {
	if hard, ok := ctx.Value(hardKey{}).(context.Context); ok {
		return hard
	}
	return context.WithoutCancel(ctx)
}
