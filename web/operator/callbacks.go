package operator

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/web"
)

// raisedBody is a callback that a person has to look at.
type raisedBody struct {
	callbackBody
	// OrderID that it names; there may be no such order.
	OrderID string `json:"order_id,omitempty"`
	// Body is the beginning of what was signed, as text.
	Body string `json:"body"`
}

// callbacks lists the signed callbacks that changed nothing although money may
// have moved.
func (s *API) callbacks(c *gin.Context) {
	limit, ok := s.Limit(c)
	if !ok {
		return
	}
	after, err := parseRaisedCursor(c.Query("cursor"))
	if err != nil {
		s.Fail(c, err)
		return
	}
	raised, err := s.cfg.Ledger.RaisedCallbacks(c.Request.Context(), after, limit+1)
	if err != nil {
		s.Fail(c, err)
		return
	}
	next := ""
	if len(raised) > limit {
		raised = raised[:limit]
		next = formatRaisedCursor(raised[limit-1].Cursor())
	}
	bodies := make([]raisedBody, len(raised))
	for i, r := range raised {
		bodies[i] = raisedBody{callbackBody: callbackBodyOf(r.CallbackRecord), Body: strings.ToValidUTF8(string(r.Body), "\uFFFD")}
		if r.OrderID > 0 {
			bodies[i].OrderID = r.OrderID.String()
		}
	}
	web.WriteJSON(c, http.StatusOK, struct {
		Callbacks  []raisedBody `json:"callbacks"`
		NextCursor string       `json:"next_cursor,omitempty"`
	}{bodies, next})
}

// A cursor goes out as one word that means nothing to its reader.
type raisedMark struct {
	At       int64  `json:"a"` // unix ms
	Provider string `json:"p"`
	EventID  string `json:"i"`
}

func formatRaisedCursor(c ledger.RaisedCursor) string {
	b, _ := json.Marshal(raisedMark{c.At.UnixMilli(), c.Provider, c.EventID}) // it cannot fail
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseRaisedCursor(text string) (ledger.RaisedCursor, error) {
	if text == "" {
		return ledger.RaisedCursor{}, nil
	}
	var m raisedMark
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(b, &m) != nil || m.At <= 0 || m.EventID == "" {
		return ledger.RaisedCursor{}, seckill.Invalid("cursor", "is not one that a page before gave")
	}
	return ledger.RaisedCursor{At: time.UnixMilli(m.At), Provider: m.Provider, EventID: m.EventID}, nil
}
