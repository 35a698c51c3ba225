package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
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
	seckill.CodeNotEligible:       {http.StatusForbidden, "Not eligible"},
	seckill.CodeQueueRequired:     {http.StatusForbidden, "Queue required"},
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
	title             string
	status            int
	code              seckill.Code
	detail, requestID string
	// What follows is left out where it is empty.
	errors            []seckill.FieldError
	orderID           seckill.ID
	state, rule       string
	startsAt, endedAt string
	place, ahead      int64 // there together, where place is
}

// json writes it; "sold out" is what most of a crowd is told, so it looks at no
// types.
func (p problem) json() []byte {
	b := append(make([]byte, 0, 256), `{"type":"about:blank"`...)
	b = appendText(b, `,"title":`, p.title)
	b = strconv.AppendInt(append(b, `,"status":`...), int64(p.status), 10)
	b = appendText(b, `,"code":`, string(p.code))
	b = appendText(b, `,"detail":`, p.detail)
	b = appendText(b, `,"request_id":`, p.requestID)
	if len(p.errors) > 0 {
		list, _ := json.Marshal(p.errors) // strings alone: it cannot fail
		b = append(append(b, `,"errors":`...), list...)
	}
	if p.orderID != 0 {
		b = appendText(b, `,"order_id":`, p.orderID.String())
	}
	if p.place != 0 {
		b = strconv.AppendInt(append(b, `,"place":`...), p.place, 10)
		b = strconv.AppendInt(append(b, `,"ahead":`...), p.ahead, 10)
	}
	for _, member := range [...]struct{ name, text string }{
		{`,"state":`, p.state}, {`,"rule":`, p.rule}, {`,"starts_at":`, p.startsAt}, {`,"ended_at":`, p.endedAt},
	} {
		if member.text != "" {
			b = appendText(b, member.name, member.text)
		}
	}
	return append(b, '}')
}

// Problems answers with what went wrong.
type Problems struct {
	log   *slog.Logger
	clock *RedisClock // by which a sale opens
}

// Fail answers with the problem that err is.
func (p Problems) Fail(c *gin.Context, err error) { p.FailStatus(c, 0, err) }

// FailStatus does so with another status than the code's, where HTTP has a more
// exact one; 0 is the code's own.
func (p Problems) FailStatus(c *gin.Context, status int, err error) {
	e := asError(err)
	if e.Code == seckill.CodeInternal {
		p.log.LogAttrs(c.Request.Context(), slog.LevelError, "request failed",
			slog.String("request_id", RequestID(c)), slog.String("method", c.Request.Method),
			slog.String("route", c.FullPath()), slog.Any("error", err))
	} else if e.Cause != nil {
		p.log.LogAttrs(c.Request.Context(), slog.LevelDebug, "request refused",
			slog.String("request_id", RequestID(c)), slog.String("route", c.FullPath()), slog.Any("error", err))
	}
	row := problems[e.Code]
	if status == 0 {
		status = row.status
	}
	body := problem{title: row.title, status: status, code: e.Code, detail: sentence(e), requestID: RequestID(c),
		errors: e.Fields, orderID: e.OrderID, state: e.State, rule: e.Rule, place: e.Place, ahead: e.Ahead}
	switch e.Code {
	case seckill.CodeNotStarted:
		body.startsAt = FormatTime(e.At)
	case seckill.CodeEnded:
		body.endedAt = FormatTime(e.At)
	case seckill.CodeUnauthorized:
		c.Writer.Header()["Www-Authenticate"] = bearerChallenge
	}
	if seconds := p.retryAfter(c.Request.Context(), e); seconds > 0 {
		c.Header("Retry-After", strconv.FormatInt(seconds, 10))
	}
	c.Abort()
	c.Data(status, "application/problem+json", body.json())
}

// sentence makes one of a detail: those from within are words of Go's errors. What begins
// with a field's name stays.
func sentence(e *seckill.Error) string {
	text := e.Detail
	if text == "" || len(e.Fields) > 0 {
		return text
	}
	if text[0] >= 'a' && text[0] <= 'z' {
		text = string(text[0]-'a'+'A') + text[1:]
	}
	if !strings.ContainsRune(".!?", rune(text[len(text)-1])) {
		text += "."
	}
	return text
}

var bearerChallenge = []string{"Bearer"}

// ProblemCode is the code with which an error is answered.
func ProblemCode(err error) seckill.Code { return asError(err).Code }

// IsNotFound tells whether an error says that there is no such thing.
func IsNotFound(err error) bool { return err != nil && seckill.CodeOf(err) == seckill.CodeNotFound }

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
func (p Problems) retryAfter(ctx context.Context, e *seckill.Error) int64 {
	wait := e.RetryAfter
	switch e.Code {
	case seckill.CodeNotStarted:
		if wait <= 0 {
			wait = e.At.Sub(p.clock.Now(ctx))
		}
	case seckill.CodeRateLimited, seckill.CodeUnavailable:
	default:
		if wait <= 0 {
			return 0
		}
	}
	return max(1, int64((wait+time.Second-1)/time.Second))
}
