package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// streamWrite bounds one write: who does not read loses the stream.
const streamWrite = 10 * time.Second

// eventWriter writes server-sent events, each within its own deadline.
type eventWriter struct {
	w   http.ResponseWriter
	ctl *http.ResponseController
}

func newEventWriter(c *gin.Context) *eventWriter {
	return &eventWriter{w: c.Writer, ctl: http.NewResponseController(c.Writer)}
}

// begin is sent with the first event.
func (e *eventWriter) begin() {
	h := e.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would keep events back
	e.w.WriteHeader(http.StatusOK)
	_, _ = fmt.Fprintf(e.w, "retry: %d\n\n", StreamRetry.Milliseconds())
}

// Comment keeps proxies from taking a quiet stream for a dead one.
func (e *eventWriter) Comment() error { return e.Write([]byte(":\n\n")) }

// Write sends events as they are on the wire.
func (e *eventWriter) Write(events []byte) error {
	GiveTime(e.ctl)
	if _, err := e.w.Write(events); err != nil {
		return err
	}
	return e.ctl.Flush()
}

// GiveTime moves the server's write deadline, which is meant for short answers, before
// one more piece of a long one. A recorder in a test has none.
func GiveTime(ctl *http.ResponseController) {
	_ = ctl.SetWriteDeadline(time.Now().Add(streamWrite))
}

// Named sends an event with a name.
func (e *eventWriter) Named(name string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return e.Write(fmt.Appendf(nil, "event: %s\ndata: %s\n\n", name, text))
}

// DataEvent is an event without a name, as it is on the wire.
func DataEvent(text []byte) []byte { return fmt.Appendf(nil, "data: %s\n\n", text) }
