package web

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"sync/atomic"

	"github.com/gin-gonic/gin"
)

const (
	requestIDHeader   = "X-Request-Id"
	maxRequestIDBytes = 64
)

// requestIDs names requests for the log: a random part of the process and a
// counter. They are unique and cheap, and no secret.
type requestIDs struct {
	process string
	last    atomic.Uint64
}

func newRequestIDs() *requestIDs {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails: the process ends where there is no randomness
	return &requestIDs{process: hex.EncodeToString(b[:]) + "-"}
}

// of takes the client's own id when it is harmless in a log line, else makes one.
func (r *requestIDs) of(given string) string {
	if given != "" && len(given) <= maxRequestIDBytes && harmless(given) {
		return given
	}
	return r.process + strconv.FormatUint(r.last.Add(1), 36)
}

func harmless(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}

// RequestID reads the id back from the answer's header, where observe put it.
func RequestID(c *gin.Context) string {
	if v := c.Writer.Header()[requestIDHeader]; len(v) == 1 {
		return v[0]
	}
	return ""
}
