package embedded

import (
	"fmt"
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
	c := client(t, server(t))
	replies, err := c.Pipelined(t.Context(), func(p redis.Pipeliner) error {
		for i := range n {
			p.Set(t.Context(), fmt.Sprint("key-", i), make([]byte, 500), 0)
		}
		return nil
	})
	require.NoError(t, err)
	require.Len(t, replies, n)
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
