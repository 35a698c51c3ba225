package embedded

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

func TestServerWantsItsPassword(t *testing.T) {
	t.Parallel()
	s, err := Start()
	require.NoError(t, err)
	defer s.Close()
	other, err := Start()
	require.NoError(t, err)
	defer other.Close()
	require.NotEqual(t, s.Password, other.Password)

	stranger := redis.NewClient(&redis.Options{Addr: s.Addr})
	defer stranger.Close()
	require.Error(t, stranger.Set(t.Context(), "a", "b", 0).Err())
	client := redis.NewClient(&redis.Options{Addr: s.Addr, Password: s.Password})
	defer client.Close()
	require.NoError(t, client.Set(t.Context(), "a", "b", 0).Err())
}

func TestServerKeepsRealTime(t *testing.T) {
	t.Parallel()
	s, err := Start()
	require.NoError(t, err)
	defer s.Close()
	client := redis.NewClient(&redis.Options{Addr: s.Addr, Password: s.Password})
	defer client.Close()
	now, err := client.Time(t.Context()).Result()
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), now, time.Minute)
	require.NoError(t, client.Set(t.Context(), "a", "b", 20*time.Millisecond).Err())
	require.Eventually(t, func() bool { return client.Exists(t.Context(), "a").Val() == 0 }, 30*time.Second, 5*time.Millisecond)
}
