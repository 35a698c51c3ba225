package rabbit

import (
	"net"
	"sync"
)

// wire is the connection for publishing. The library writes to the socket message
// by message; while the wire is held, what it writes waits for the rest of the
// window, which saves the system calls on both ends.
type wire struct {
	net.Conn

	mu     sync.Mutex
	holds  int // calls that are in the middle of a window
	waits  []byte
	failed error
}

// wireHolds bounds what waits; whatever is more goes out at once.
const wireHolds = 64 << 10

// hold lets writes wait until release. Several may hold at a time; the first that
// releases sends what is there.
func (w *wire) hold() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.holds++
}

// release sends what waits.
func (w *wire) release() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.holds--
	return w.flush()
}

// Write sends at once what nothing holds. What it could not send of a window is an
// error for everyone who writes afterwards.
func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waits = append(w.waits, p...)
	if w.holds > 0 && len(w.waits) < wireHolds {
		return len(p), w.failed
	}
	if err := w.flush(); err != nil {
		return 0, err
	}
	return len(p), nil
}

// flush needs the lock.
func (w *wire) flush() error {
	if w.failed == nil && len(w.waits) > 0 {
		_, w.failed = w.Conn.Write(w.waits)
	}
	if w.waits = w.waits[:0]; cap(w.waits) > 2*wireHolds {
		w.waits = nil // a large message is no reason to keep as much for good
	}
	return w.failed
}
