package embedded

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// pipeBuffer is how much one end may write before the other has read it; then the
// write waits. It is more than any pipeline or answer of the gate.
const pipeBuffer = 16 << 20

// pipe makes the two ends of a connection within the process. Unlike net.Pipe it
// buffers what is written, as a network does: a client writes a whole pipeline
// before it reads the first answer.
func pipe() (one, other net.Conn) {
	there, back := newStream(), newStream()
	return &end{in: back, out: there}, &end{in: there, out: back}
}

// end is one end of a connection.
type end struct{ in, out *stream }

func (e *end) Read(p []byte) (int, error)  { return e.in.read(p) }
func (e *end) Write(p []byte) (int, error) { return e.out.write(p) }

// Close ends both directions; the other end still reads what was written.
func (e *end) Close() error {
	e.in.closeReading()
	e.out.closeWriting()
	return nil
}

func (e *end) SetDeadline(t time.Time) error {
	e.in.setDeadline(&e.in.readBy, t)
	e.out.setDeadline(&e.out.writeBy, t)
	return nil
}

func (e *end) SetReadDeadline(t time.Time) error {
	e.in.setDeadline(&e.in.readBy, t)
	return nil
}

func (e *end) SetWriteDeadline(t time.Time) error {
	e.out.setDeadline(&e.out.writeBy, t)
	return nil
}

func (e *end) LocalAddr() net.Addr  { return address{} }
func (e *end) RemoteAddr() net.Addr { return address{} }

// address stands for both ends: there is nowhere to connect to.
type address struct{}

func (address) Network() string { return "pipe" }
func (address) String() string  { return "embedded" }

// stream is one direction.
type stream struct {
	mu   sync.Mutex
	wake *sync.Cond // anything below has changed, or a deadline has come

	data            []byte // what is written
	from            int    // where in it the unread begins
	unread, written bool   // nobody reads or writes any more
	readBy, writeBy time.Time
}

func newStream() *stream {
	s := &stream{}
	s.wake = sync.NewCond(&s.mu)
	return s
}

func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.unread:
			return 0, net.ErrClosed
		case past(s.readBy):
			return 0, os.ErrDeadlineExceeded
		case s.from < len(s.data) || len(p) == 0:
			return s.take(p), nil
		case s.written:
			return 0, io.EOF
		}
		s.await(s.readBy)
	}
}

func (s *stream) take(p []byte) int {
	n := copy(p, s.data[s.from:])
	if s.from += n; s.from == len(s.data) {
		s.data, s.from = s.data[:0], 0
		if cap(s.data) > 64<<10 {
			s.data = nil // one large answer is no reason to keep as much for good
		}
	}
	s.wake.Broadcast()
	return n
}

func (s *stream) write(p []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.written:
			return n, net.ErrClosed
		case past(s.writeBy):
			return n, os.ErrDeadlineExceeded
		case s.unread:
			return n, io.ErrClosedPipe
		case n == len(p):
			return n, nil
		}
		if room := pipeBuffer - (len(s.data) - s.from); room > 0 {
			m := min(room, len(p)-n)
			s.put(p[n : n+m])
			n += m
			continue
		}
		s.await(s.writeBy)
	}
}

func (s *stream) put(p []byte) {
	if len(s.data)+len(p) > cap(s.data) {
		s.data, s.from = s.data[:copy(s.data, s.data[s.from:])], 0
	}
	s.data = append(s.data, p...)
	s.wake.Broadcast()
}

// await waits for a change or the deadline; the lock is held.
func (s *stream) await(by time.Time) {
	if !by.IsZero() {
		timer := time.AfterFunc(time.Until(by), func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.wake.Broadcast()
		})
		defer timer.Stop()
	}
	s.wake.Wait()
}

func past(by time.Time) bool { return !by.IsZero() && !time.Now().Before(by) }

func (s *stream) setDeadline(of *time.Time, t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*of = t
	s.wake.Broadcast()
}

func (s *stream) closeReading() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unread = true
	s.data, s.from = nil, 0
	s.wake.Broadcast()
}

func (s *stream) closeWriting() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.written = true
	s.wake.Broadcast()
}
