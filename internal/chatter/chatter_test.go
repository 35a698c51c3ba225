package chatter

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/internal/seldom"
)

// Not parallel: the libraries have one logger a process.
func TestADeadServerWritesOneLineAKindIntoTheLog(t *testing.T) {
	var out bytes.Buffer
	q := newQuiet(slog.New(slog.NewJSONHandler(&out, nil)), time.Now)
	redis.SetLogger(redisLog{q})
	client := redis.NewClient(&redis.Options{Addr: fmt.Sprintf("127.0.0.1:%d", testkit.FreePort(t)), MaxRetries: -1, DialerRetries: 1})
	defer client.Close()
	for range 200 {
		require.Error(t, client.Ping(t.Context()).Err())
	}
	require.Equal(t, 1, strings.Count(out.String(), "\n"), out.String())
	require.Contains(t, out.String(), `"library":"redis"`)
	require.Contains(t, out.String(), "connection refused")
}

func TestIntoReachesTheLogOfBothLibraries(t *testing.T) {
	var out bytes.Buffer
	Into(slog.New(slog.NewJSONHandler(&out, nil)))
	client := redis.NewClient(&redis.Options{Addr: fmt.Sprintf("127.0.0.1:%d", testkit.FreePort(t)), MaxRetries: -1, DialerRetries: 1})
	defer client.Close()
	require.Error(t, client.Ping(t.Context()).Err())
	// A MySQL that sends something else than a greeting.
	l := testkit.NewProxy(t, "127.0.0.1:1")
	db, err := sql.Open("mysql", "user@tcp("+l.Addr+")/")
	require.NoError(t, err)
	defer db.Close()
	require.Error(t, db.PingContext(t.Context()))
	require.Contains(t, out.String(), `"library":"redis"`)
	require.Contains(t, out.String(), `"library":"mysql"`)
}

func TestWhatWasLeftOutIsCounted(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	now := time.Unix(1_800_000_000, 0)
	q := newQuiet(slog.New(slog.NewTextHandler(&out, nil)), func() time.Time { return now })
	lines := func() []string { return strings.Split(strings.TrimSpace(out.String()), "\n") }
	for range 5 {
		redisLog{q}.Printf(t.Context(), "failed to dial: %v", errors.New("refused"))
	}
	mysqlLog{q}.Print("closing connection: ", errors.New("broken pipe"))
	require.Len(t, lines(), 2, "one of each kind")
	now = now.Add(seldom.Every)
	redisLog{q}.Printf(t.Context(), "failed to dial: %v", errors.New("timeout"))
	require.Len(t, lines(), 3)
	require.Contains(t, lines()[2], "left_out_before=4")
	require.Contains(t, lines()[2], "timeout")

	for i := range 10 * maxKinds {
		q.say("redis", fmt.Sprint("kind ", i), "something")
	}
	require.LessOrEqual(t, len(q.kinds), maxKinds+1)
	require.LessOrEqual(t, len(lines()), 3+maxKinds)
}
