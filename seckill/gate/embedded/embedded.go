// Package embedded runs a Redis inside the process, for `seckill serve` on a
// machine that has none. It keeps nothing across a restart: a sale is loaded
// again from SQL. It lives apart from package gate, so that a process which has
// a real Redis does not carry it.
//
// It has no port, and no name in any file system: whoever is not in this process
// cannot send it a byte. Its parser is made for tests and trusts what it reads.
package embedded

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// Server is a Redis in this process.
type Server struct {
	redis *miniredis.Miniredis

	mu     sync.Mutex
	closed bool
}

// Start runs a server.
func Start() (*Server, error) {
	s := &Server{redis: miniredis.NewMiniRedis()}
	// Its keys expire by the real clock.
	s.redis.ClockTTL(true)
	// The first connection starts a server that listens nowhere. It is not used: it
	// has no buffer, so a pipeline whose answers nobody reads yet would block for ever.
	first, err := s.redis.Dial()
	if err != nil {
		return nil, fmt.Errorf("embedded redis: %w", err)
	}
	return s, first.Close()
}

// Dial makes a connection, whatever the address. It is what a client takes in
// place of the network, which may still dial in the background when nobody waits for
// an answer any more: of a server that is closed it gets net.ErrClosed.
func (s *Server) Dial(context.Context, string, string) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, net.ErrClosed
	}
	ours, theirs := pipe()
	s.redis.Server().ServeConn(theirs)
	return ours, nil
}

// SetTime stops the server's clock at a time. It is there for tests that move it,
// as holds and the sale's window go by this clock.
func (s *Server) SetTime(t time.Time) { s.redis.SetTime(t) }

// Close ends the server and forgets everything.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.redis.Close()
}
