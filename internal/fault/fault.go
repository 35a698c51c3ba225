package fault

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// Env names the variable that arms points.
const Env = "SECKILL_FAULT"

// armed is what this process has to do; nil when nothing is armed.
var armed atomic.Pointer[armedPlan]

type armedPlan struct {
	plan Plan
	log  *slog.Logger
}

// Arm makes the plan that of this process, in place of any other; an empty one
// arms nothing. Each action is logged: a kill as a warning, others for debugging.
func (p Plan) Arm(log *slog.Logger) {
	if p.Empty() {
		armed.Store(nil)
		return
	}
	armed.Store(&armedPlan{p, log})
}

// Point does what is armed for the name; nil when nothing is. An error is either
// seckill.CodeUnavailable, for the caller to treat as that of a service that is
// away, or the cause of the end of ctx.
func Point(ctx context.Context, name Name) error {
	a := armed.Load()
	if a == nil {
		return nil
	}
	return a.pass(ctx, name)
}

type withoutPoints struct{}

// Without gives a context in which no point is passed. It is for what recurs by the
// clock, so that passes count what the process was asked to do.
func Without(ctx context.Context) context.Context {
	return context.WithValue(ctx, withoutPoints{}, true)
}

// errArmed is what the log shows as the cause of an armed error.
var errArmed = errors.New("armed by " + Env)

func (a *armedPlan) pass(ctx context.Context, name Name) error {
	r := a.plan.rules[name]
	if r == nil || ctx.Value(withoutPoints{}) != nil {
		return nil
	}
	pass := r.passed.Add(1)
	if pass < r.first || pass > r.last {
		return nil
	}
	level := slog.LevelDebug
	if r.action == kill {
		level = slog.LevelWarn
	}
	a.log.Log(ctx, level, "fault point", "point", string(name), "action", string(r.action), "pass", pass)
	switch r.action {
	case kill:
		die()
	case pause:
		return wait(ctx, r.pause)
	}
	return seckill.Unavailable(fmt.Errorf("fault point %s: %w", name, errArmed), "This is not available just now.")
}

// die ends the process as kill -9 does. Nothing more of the caller runs, not
// even in the moment until the signal arrives.
func die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
