// Package embedded runs a Redis inside the process, for `seckill serve` on a
// machine that has none. It keeps nothing across a restart: a sale is loaded
// again from SQL. It lives apart from package gate, so that a process which has
// a real Redis does not carry it.
package embedded

import (
	"crypto/rand"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// Server is a Redis in this process.
type Server struct {
	// Addr is where it listens, on the loopback interface alone.
	Addr string
	// Password is made anew at each start, so that nobody else on the machine
	// can reach the stock.
	Password string

	redis *miniredis.Miniredis
}

// Start runs a server on a free port.
func Start() (*Server, error) {
	s := &Server{Password: rand.Text(), redis: miniredis.NewMiniRedis()}
	s.redis.RequireAuth(s.Password)
	// Its keys expire by the real clock.
	s.redis.ClockTTL(true)
	if err := s.redis.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("embedded redis: %w", err)
	}
	s.Addr = s.redis.Addr()
	return s, nil
}

// SetTime stops the server's clock at a time. It is there for tests that move it,
// as holds and the sale's window go by this clock.
func (s *Server) SetTime(t time.Time) { s.redis.SetTime(t) }

// Close ends the server and forgets everything.
func (s *Server) Close() { s.redis.Close() }
