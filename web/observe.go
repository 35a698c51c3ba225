package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// Header values that never change are shared between all answers.
var (
	nosniff    = []string{"nosniff"}
	noReferrer = []string{"no-referrer"}
	noStore    = []string{"no-store"}
	sameOrigin = []string{"same-origin"}
	// Scripts, styles and calls come from this host alone and never inline. Only
	// pictures of items may lie elsewhere, over https.
	pagePolicy = []string{"default-src 'self'; img-src 'self' https: data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"}
	apiPolicy  = []string{"default-src 'none'; frame-ancestors 'none'"}
)

// observe is around every request: it gives it an id, sets the headers that all
// answers have, turns a panic into an answer, counts and logs.
func (s *Server) observe(c *gin.Context) {
	start := time.Now()
	id := s.requestID.of(c.Request.Header.Get(requestIDHeader))
	h := c.Writer.Header()
	h[requestIDHeader] = []string{id}
	h["X-Content-Type-Options"] = nosniff
	h["Referrer-Policy"] = noReferrer
	if strings.HasPrefix(c.Request.URL.Path, "/api/") {
		h["Cache-Control"] = noStore
		h["Content-Security-Policy"] = apiPolicy
	} else {
		h["Content-Security-Policy"] = pagePolicy
		h["Cross-Origin-Opener-Policy"] = sameOrigin
	}
	if c.Request.Header[forwardedFor] != nil {
		s.noteForwarder(c.Request)
	}
	defer func() {
		if v := recover(); v != nil {
			s.survive(c, id, v)
		}
		s.account(c, id, time.Since(start))
	}()
	c.Next()
}

// survive answers a panic with "internal". What has begun to be answered can
// only be cut off, so that its reader does not take a part for the whole.
func (s *Server) survive(c *gin.Context, id string, v any) {
	if v == http.ErrAbortHandler {
		panic(v)
	}
	s.cfg.Logger.LogAttrs(c.Request.Context(), slog.LevelError, "panic",
		slog.String("request_id", id), slog.String("method", c.Request.Method), slog.String("route", c.FullPath()),
		slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
	if c.Writer.Written() {
		panic(http.ErrAbortHandler)
	}
	s.Fail(c, fmt.Errorf("panic: %v", v))
}

func (s *Server) account(c *gin.Context, id string, took time.Duration) {
	route, status := c.FullPath(), c.Writer.Status()
	if route == "" {
		route = "other"
	}
	s.metrics.request(route, c.Request.Method, status, took)
	ctx := c.Request.Context()
	level := logLevel(c.Request.Method, route, status)
	if Rehearsing(ctx) {
		level = slog.LevelDebug
	}
	if !s.cfg.Logger.Enabled(ctx, level) {
		return
	}
	// The route, never the address as it came: a query may hold what no log should.
	s.cfg.Logger.LogAttrs(ctx, level, "request",
		slog.String("request_id", id), slog.String("method", c.Request.Method), slog.String("route", route),
		slog.Int("status", status), slog.Duration("took", took), slog.String("ip", s.Client(c.Request).String()))
}

// logLevel keeps a sale's crowd out of the log: what operators and payment
// providers do is news; a buyer's call is not, nor that a dashboard looks, unless it
// failed on our side. A callback that was taken has a line that says more. What
// anybody can cause, without a token or a signature, is never a line for each.
func logLevel(method, route string, status int) slog.Level {
	switch {
	case status >= 500 && status != http.StatusServiceUnavailable:
		return slog.LevelWarn
	case status == http.StatusUnauthorized || status == http.StatusTooManyRequests:
		return slog.LevelDebug
	case strings.HasPrefix(route, "/api/v1/admin") && method != http.MethodGet,
		strings.HasPrefix(route, "/webhooks/") && status == http.StatusServiceUnavailable:
		return slog.LevelInfo
	default:
		return slog.LevelDebug
	}
}
