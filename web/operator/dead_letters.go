package operator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/web"
)

// maxRequeue bounds how many ids one call may name.
const maxRequeue = 1_000

// deadLetterBody is one message that could not be handled. A body that is JSON
// is shown as it is, another one as text.
type deadLetterBody struct {
	ID       string          `json:"id"`
	Queue    string          `json:"queue"`
	Key      string          `json:"routing_key"`
	Reason   string          `json:"reason"`
	Attempts int             `json:"attempts"`
	At       string          `json:"died_at,omitempty"`
	Body     json.RawMessage `json:"body,omitempty"`
	Text     string          `json:"text,omitempty"`
	// Base64 is a body that is no text, where one letter is asked for.
	Base64 []byte `json:"base64,omitempty"`
	// Headers likewise.
	Headers map[string]string `json:"headers,omitempty"`
}

func deadLetterBodyOf(l broker.DeadLetter) deadLetterBody {
	b := deadLetterBody{ID: l.ID, Queue: l.Queue, Key: l.Key, Reason: l.Reason, Attempts: l.Attempts, At: web.FormatTime(l.At)}
	switch {
	case json.Valid(l.Body):
		b.Body = l.Body
	case utf8.Valid(l.Body):
		b.Text = string(l.Body)
	}
	return b
}

func (s *API) deadLetters(c *gin.Context) {
	_, limit, ok := s.Page(c)
	if !ok || !s.hasBroker(c) {
		return
	}
	letters, err := s.cfg.DeadLetters.DeadLetters(c.Request.Context(), limit)
	if err != nil {
		s.Fail(c, brokerError(err))
		return
	}
	bodies := make([]deadLetterBody, len(letters))
	for i, l := range letters {
		bodies[i] = deadLetterBodyOf(l)
	}
	writeDeadLetters(c, bodies)
}

func writeDeadLetters(c *gin.Context, bodies []deadLetterBody) {
	web.WriteJSON(c, http.StatusOK, struct {
		DeadLetters []deadLetterBody `json:"dead_letters"`
	}{bodies})
}

// deadLetter shows all that is known of one message: a list, since it can
// have died in more than one queue.
func (s *API) deadLetter(c *gin.Context) {
	id, err := url.PathUnescape(strings.TrimPrefix(c.Param("id"), "/"))
	if err != nil || id == "" {
		s.Fail(c, seckill.Errorf(seckill.CodeNotFound, "There is nothing at this address."))
		return
	}
	if !s.hasBroker(c) {
		return
	}
	letters, err := s.cfg.DeadLetters.DeadLettersByID(c.Request.Context(), id)
	if err != nil {
		s.Fail(c, brokerError(err))
		return
	}
	if len(letters) == 0 {
		s.Fail(c, seckill.Errorf(seckill.CodeNotFound, "There is no such dead letter."))
		return
	}
	bodies := make([]deadLetterBody, len(letters))
	for i, l := range letters {
		bodies[i] = deadLetterBodyOf(l)
		bodies[i].Headers = l.Headers
		if bodies[i].Body == nil && bodies[i].Text == "" {
			bodies[i].Base64 = l.Body
		}
	}
	writeDeadLetters(c, bodies)
}

// requeue sends dead letters back to where they died: those that are named,
// or all when there are no ids at all. An empty list is refused, since a script
// that found none does not mean all.
func (s *API) requeue(c *gin.Context) {
	var in struct {
		IDs *[]string `json:"ids"`
	}
	if !s.ReadOptionalJSON(c, &in) || !s.hasBroker(c) {
		return
	}
	var ids []string
	if in.IDs != nil {
		ids = *in.IDs
		if len(ids) == 0 || len(ids) > maxRequeue {
			s.Fail(c, seckill.Invalid("ids", "must be 1 to %d ids; leave it out for all", maxRequeue))
			return
		}
	}
	n, err := s.cfg.DeadLetters.Requeue(c.Request.Context(), ids)
	if err != nil {
		s.Fail(c, brokerError(err))
		return
	}
	web.WriteJSON(c, http.StatusOK, struct {
		Requeued int `json:"requeued"`
	}{n})
}

func (s *API) hasBroker(c *gin.Context) bool {
	if s.cfg.DeadLetters == nil {
		s.Fail(c, seckill.Unavailable(nil, "This process has no connection to the message broker. Ask a worker, or use the command line."))
		return false
	}
	return true
}

// brokerError: a broker that cannot answer is not there right now.
func brokerError(err error) error {
	if seckill.CodeOf(err) != seckill.CodeInternal {
		return err
	}
	return seckill.Unavailable(err, "The message broker cannot be reached.")
}
