package embedded

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

func client(t *testing.T, s *Server) *redis.Client {
	c := redis.NewClient(&redis.Options{Dialer: s.Dial, MaxRetries: -1})
	t.Cleanup(func() { c.Close() })
	return c
}

func server(t *testing.T) *Server {
	s, err := Start()
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

func TestTwoServersShareNothing(t *testing.T) {
	t.Parallel()
	one, other := client(t, server(t)), client(t, server(t))
	require.NoError(t, one.Set(t.Context(), "a", "b", 0).Err())
	require.Equal(t, "b", one.Get(t.Context(), "a").Val())
	require.Zero(t, other.Exists(t.Context(), "a").Val())
}

func TestServerKeepsRealTime(t *testing.T) {
	t.Parallel()
	c := client(t, server(t))
	now, err := c.Time(t.Context()).Result()
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), now, time.Minute)
	require.NoError(t, c.Set(t.Context(), "a", "b", 20*time.Millisecond).Err())
	require.Eventually(t, func() bool { return c.Exists(t.Context(), "a").Val() == 0 }, 30*time.Second, 5*time.Millisecond)
}

// Answers wait in the connection until the whole pipeline is written.
func TestALongPipelineIsAnswered(t *testing.T) {
	t.Parallel()
	const n = 2_000
	conn, err := server(t).Dial(t.Context(), "", "")
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	set := "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$500\r\n" + strings.Repeat("x", 500) + "\r\n"
	_, err = io.WriteString(conn, strings.Repeat(set, n))
	require.NoError(t, err)
	const ok = "+OK\r\n"
	answers := make([]byte, n*len(ok))
	_, err = io.ReadFull(conn, answers)
	require.NoError(t, err)
	require.Equal(t, strings.Repeat(ok, n), string(answers))
}

func TestNoConnectionOutlivesTheServer(t *testing.T) {
	t.Parallel()
	s, err := Start()
	require.NoError(t, err)
	conn, err := s.Dial(t.Context(), "", "")
	require.NoError(t, err)
	defer conn.Close()
	s.Close()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(30*time.Second)))
	_, err = conn.Read(make([]byte, 1))
	require.ErrorContains(t, err, "EOF")
}

// A client's pool dials in the background, also when its owner has just closed the server.
func TestWhoeverDialsAServerThatIsClosedIsTold(t *testing.T) {
	t.Parallel()
	for range 10 {
		s, err := Start()
		require.NoError(t, err)
		dial := func() error {
			c, err := s.Dial(t.Context(), "", "")
			if err == nil {
				err = c.Close()
			}
			return err
		}
		var dialling sync.WaitGroup
		begun := make(chan struct{}, 4)
		for range cap(begun) {
			dialling.Go(func() {
				for begun <- struct{}{}; dial() == nil; {
				}
			})
		}
		for range cap(begun) {
			<-begun
		}
		s.Close()
		dialling.Wait()
		require.ErrorIs(t, dial(), net.ErrClosed)
	}
}
