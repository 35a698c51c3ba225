package web

import "context"

type rehearsingKey struct{}

// WithRehearsal marks the calls of a rehearsal's crowd. Only they see its sale, and they
// are no news in the log.
func WithRehearsal(ctx context.Context) context.Context {
	return context.WithValue(ctx, rehearsingKey{}, true)
}

// Rehearsing tells whether a call is of a rehearsal's crowd.
func Rehearsing(ctx context.Context) bool { return ctx.Value(rehearsingKey{}) != nil }
