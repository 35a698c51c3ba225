package worker

import (
	"context"
	"log/slog"
	"time"
)

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// outage logs failures in a row as two lines: one at the first, one when it is over.
type outage struct {
	log   *slog.Logger
	what  string
	since time.Time
}

func (o *outage) failed(err error) {
	if o.since.IsZero() {
		o.since = time.Now()
		o.log.Warn(o.what+" is held up, trying again", "error", err)
	}
}

func (o *outage) worked() {
	if !o.since.IsZero() {
		o.log.Info(o.what+" goes on", "held_up_for", time.Since(o.since).Round(time.Millisecond).String())
		o.since = time.Time{}
	}
}

// persist calls step until it works or ctx ends.
func persist(ctx context.Context, log *slog.Logger, what string, step func(context.Context) error) error {
	o := outage{log: log, what: what}
	var b backoff
	for {
		err := step(ctx)
		if err == nil {
			o.worked()
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		o.failed(err)
		if !b.wait(ctx) {
			return context.Cause(ctx)
		}
	}
}

// repeat calls step until ctx ends: again at once while there is more to do,
// else after the pause, and with backoff after a failure.
func repeat(ctx context.Context, log *slog.Logger, what string, pause time.Duration, step func(context.Context) (more bool, err error)) error {
	return repeatWithin(ctx, log, what, pause, 0, step)
}

// repeatWithin is repeat with a bound for the pause after a failure; 0: maxBackoff.
func repeatWithin(ctx context.Context, log *slog.Logger, what string, pause, most time.Duration, step func(context.Context) (more bool, err error)) error {
	o := outage{log: log, what: what}
	b := backoff{most: most}
	for ctx.Err() == nil {
		more, err := step(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			o.failed(err)
			b.wait(ctx)
		default:
			o.worked()
			b.reset()
			if !more {
				sleep(ctx, pause)
			}
		}
	}
	return nil
}

// graceful makes a context that lives for the grace longer than its parent.
func graceful(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		t := time.AfterFunc(grace, cancel)
		context.AfterFunc(longer, func() { t.Stop() })
	})
	return longer, func() { stop(); cancel() }
}
