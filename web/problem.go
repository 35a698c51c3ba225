package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
)

// problems maps every code to its status and title. It is the only place that
// does.
var problems = map[seckill.Code]struct {
	status int
	title  string
}{
	seckill.CodeInvalidRequest:    {http.StatusBadRequest, "Invalid request"},
	seckill.CodeUnauthorized:      {http.StatusUnauthorized, "Unauthorized"},
	seckill.CodeForbidden:         {http.StatusForbidden, "Forbidden"},
	seckill.CodeChallengeRequired: {http.StatusForbidden, "Challenge required"},
	seckill.CodeNotStarted:        {http.StatusForbidden, "Not started"},
	seckill.CodeNotFound:          {http.StatusNotFound, "Not found"},
	seckill.CodeSoldOut:           {http.StatusConflict, "Sold out"},
	seckill.CodeLimitExceeded:     {http.StatusConflict, "Limit exceeded"},
	seckill.CodeConflict:          {http.StatusConflict, "Conflict"},
	seckill.CodeEnded:             {http.StatusGone, "Ended"},
	seckill.CodePaymentMismatch:   {http.StatusUnprocessableEntity, "Payment mismatch"},
	seckill.CodeRateLimited:       {http.StatusTooManyRequests, "Too many requests"},
	seckill.CodeUnavailable:       {http.StatusServiceUnavailable, "Unavailable"},
	seckill.CodeInternal:          {http.StatusInternalServerError, "Internal error"},
}

// problem is the body of every error, by RFC 9457.
type problem struct {
	Type      string               `json:"type"`
	Title     string               `json:"title"`
	Status    int                  `json:"status"`
	Code      seckill.Code         `json:"code"`
	Detail    string               `json:"detail"`
	RequestID string               `json:"request_id"`
	Errors    []seckill.FieldError `json:"errors,omitempty"`
	OrderID   *seckill.ID          `json:"order_id,omitempty"`
	State     string               `json:"state,omitempty"`
	StartsAt  string               `json:"starts_at,omitempty"`
	EndedAt   string               `json:"ended_at,omitempty"`
}

// fail answers with the problem that err is.
func (s *Server) fail(c *gin.Context, err error) { s.failStatus(c, 0, err) }

// failStatus does so with another status than the code's, where HTTP has a more
// exact one; 0 is the code's own.
func (s *Server) failStatus(c *gin.Context, status int, err error) {
	e := asError(err)
	if e.Code == seckill.CodeInternal {
		s.cfg.Logger.LogAttrs(c.Request.Context(), slog.LevelError, "request failed",
			slog.String("request_id", requestID(c)), slog.String("method", c.Request.Method),
			slog.String("route", c.FullPath()), slog.Any("error", err))
	} else if e.Cause != nil {
		s.cfg.Logger.LogAttrs(c.Request.Context(), slog.LevelDebug, "request refused",
			slog.String("request_id", requestID(c)), slog.String("route", c.FullPath()), slog.Any("error", err))
	}
	row := problems[e.Code]
	if status == 0 {
		status = row.status
	}
	p := problem{Type: "about:blank", Title: row.title, Status: status, Code: e.Code, Detail: e.Detail,
		RequestID: requestID(c), Errors: e.Fields, State: e.State}
	if e.OrderID != 0 {
		p.OrderID = &e.OrderID
	}
	switch e.Code {
	case seckill.CodeNotStarted:
		p.StartsAt = formatTime(e.At)
	case seckill.CodeEnded:
		p.EndedAt = formatTime(e.At)
	case seckill.CodeUnauthorized:
		c.Writer.Header()["Www-Authenticate"] = bearerChallenge
	}
	if seconds := s.retryAfter(c.Request.Context(), e); seconds > 0 {
		c.Header("Retry-After", strconv.FormatInt(seconds, 10))
	}
	c.Abort()
	body, _ := json.Marshal(p) // strings and numbers alone: it cannot fail
	c.Data(status, "application/problem+json", body)
}

var bearerChallenge = []string{"Bearer"}

// asError finds the error that a person may see. What is none becomes internal,
// or unavailable when it only ran out of time.
func asError(err error) *seckill.Error {
	var e *seckill.Error
	if errors.As(err, &e) {
		if _, known := problems[e.Code]; known && e.Code != seckill.CodeInternal {
			return e
		}
	}
	if errors.Is(err, seckill.ErrOutcomeUnknown) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return seckill.Unavailable(err, "It took too long. Please try again.")
	}
	return seckill.Errorf(seckill.CodeInternal, "Something went wrong on our side. It has been logged.")
}

// retryAfter gives whole seconds, rounded up, so that nobody who obeys is early;
// 0 where trying again makes no sense.
func (s *Server) retryAfter(ctx context.Context, e *seckill.Error) int64 {
	wait := e.RetryAfter
	switch e.Code {
	case seckill.CodeNotStarted:
		if wait <= 0 {
			wait = e.At.Sub(s.clock.Now(ctx))
		}
	case seckill.CodeRateLimited, seckill.CodeUnavailable:
	default:
		if wait <= 0 {
			return 0
		}
	}
	return max(1, int64((wait+time.Second-1)/time.Second))
}

func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeFormat)
}

// timeFormat is RFC 3339 in UTC with the milliseconds that Redis and SQL keep.
const timeFormat = "2006-01-02T15:04:05.000Z"
