package load

import "net/http"

// Class is what an answer means to whoever sent the request.
type Class uint8

const (
	// Accepted is an order.
	Accepted Class = iota
	// Refused is a clear no, which the service meant to give.
	Refused
	// Failed is neither: no answer, or one that should not be.
	Failed

	classes = iota
)

// DefaultClass takes 2xx for accepted, and for refused what has a problem's code
// and is not the server's own failure; 503 with a code is a refusal, since it is
// how the service says that it is busy, or paused.
func DefaultClass(status int, code string) Class {
	switch {
	case status >= 200 && status < 300:
		return Accepted
	case code != "" && (status >= 400 && status < 500 || status == http.StatusServiceUnavailable):
		return Refused
	default:
		return Failed
	}
}
