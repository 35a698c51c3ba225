package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
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
	_, _ = fmt.Fprintf(e.w, "retry: %d\n\n", streamRetry.Milliseconds())
}

// comment keeps proxies from taking a quiet stream for a dead one.
func (e *eventWriter) comment() error { return e.write([]byte(":\n\n")) }

// write sends events as they are on the wire. It moves the server's write deadline,
// which is meant for short answers. A recorder in a test has none.
func (e *eventWriter) write(events []byte) error {
	_ = e.ctl.SetWriteDeadline(time.Now().Add(streamWrite))
	if _, err := e.w.Write(events); err != nil {
		return err
	}
	return e.ctl.Flush()
}

// dataEvent is an event without a name, as it is on the wire.
func dataEvent(text []byte) []byte { return fmt.Appendf(nil, "data: %s\n\n", text) }

// orderEvent tells an order.
func orderEvent(o seckill.Order) []byte {
	return fmt.Appendf(nil, "id: %s:%s\ndata: %s\n\n", o.ID, o.Status, orderJSON(o))
}
