package testkit

import (
	"bufio"
	"io"
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRedisKeysOfATestGoWithIt(t *testing.T) {
	var addr, password, prefix string
	t.Run("test", func(t *testing.T) {
		addr, password, prefix = Redis(t)
		client := redis.NewClient(&redis.Options{Addr: addr, Password: password})
		defer client.Close()
		require.NoError(t, client.Set(t.Context(), prefix+":{1}:meta", 1, 0).Err())
	})
	if prefix == "" {
		t.Skip("there is no Redis")
	}
	client := redis.NewClient(&redis.Options{Addr: addr, Password: password})
	defer client.Close()
	assert.Empty(t, client.Keys(t.Context(), prefix+"*").Val())
}

func TestDatabasesOfTwoTestsAreTwo(t *testing.T) {
	a, b := MySQL(t), MySQL(t)
	assert.NotEqual(t, a, b)
	require.NoError(t, execSQL(t, a, "CREATE TABLE x (n INT)"))
	require.NoError(t, execSQL(t, b, "CREATE TABLE x (n INT)"))
}

// recorder is a test that notes how it was ended.
type recorder struct {
	testing.TB
	ended string
}

func (r *recorder) Helper()      {}
func (r *recorder) Skip(...any)  { r.ended = "skipped" }
func (r *recorder) Fatal(...any) { r.ended = "failed" }

func TestMissingServersSkipUnlessTheyAreRequired(t *testing.T) {
	for require, want := range map[string]string{"": "skipped", "0": "skipped", "1": "failed"} {
		t.Setenv(envRequire, require)
		r := &recorder{TB: t}
		unavailable(r, "none")
		assert.Equal(t, want, r.ended, "%s=%q", envRequire, require)
	}
}

func TestEnvironmentLinesAreRead(t *testing.T) {
	got := parseEnv([]byte("export A='x:y@tcp(1)/?a=b'\nexport B=2\nnonsense\n"))
	assert.Equal(t, map[string]string{"A": "x:y@tcp(1)/?a=b", "B": "2"}, got)
}

func TestClockMovesOnlyWhenMoved(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("far", 3600))
	c := NewClock(start)
	assert.Equal(t, start.UTC(), c.Now())
	c.Advance(time.Minute)
	assert.Equal(t, start.Add(time.Minute).UTC(), c.Now())
	c.Set(start)
	assert.Equal(t, start.UTC(), c.Now())
}

func TestWaitingEnds(t *testing.T) {
	calls := 0
	assert.True(t, holdsWithin(time.Hour, func() bool { calls++; return calls == 3 }))
	assert.False(t, holdsWithin(time.Millisecond, func() bool { return false }))
}

// echo answers each line with itself and tells of each that arrived.
func echo(t *testing.T) (addr string, arrived chan string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	arrived = make(chan string, 100)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				lines := bufio.NewReader(conn)
				for {
					line, err := lines.ReadString('\n')
					if err != nil {
						return
					}
					arrived <- line
					if _, err := io.WriteString(conn, line); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String(), arrived
}

// client says lines and reads answers, each with a deadline.
type client struct {
	t *testing.T
	net.Conn
	answers *bufio.Reader
}

func dial(t *testing.T, addr string) client {
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return client{t, conn, bufio.NewReader(conn)}
}

func (c client) say(line string) {
	_, err := io.WriteString(c, line)
	require.NoError(c.t, err)
}

func (c client) hear(within time.Duration) (string, error) {
	require.NoError(c.t, c.SetReadDeadline(time.Now().Add(within)))
	return c.answers.ReadString('\n')
}

const soon, long = 50 * time.Millisecond, time.Minute

func TestProxyHoldsBytesBackAndLosesNone(t *testing.T) {
	addr, _ := echo(t)
	p := NewProxy(t, addr)
	c := dial(t, p.Addr)
	c.say("one\n")
	got, err := c.hear(long)
	require.NoError(t, err)
	require.Equal(t, "one\n", got)

	p.Pause()
	c.say("two\n")
	_, err = c.hear(soon)
	require.NotNil(t, timeoutOf(err), "an answer came through: %v", err)
	p.Restore()
	got, err = c.hear(long)
	require.NoError(t, err)
	assert.Equal(t, "two\n", got)
}

// timeoutOf gives err back if it is a timeout.
func timeoutOf(err error) net.Error {
	if e, ok := err.(net.Error); ok && e.Timeout() {
		return e
	}
	return nil
}

func TestProxyCutsOldAndNewConnections(t *testing.T) {
	addr, arrived := echo(t)
	p := NewProxy(t, addr)
	c := dial(t, p.Addr)
	c.say("one\n")
	_, err := c.hear(long)
	require.NoError(t, err)
	<-arrived

	p.Cut()
	_, err = c.hear(long)
	require.Error(t, err)
	assert.Nil(t, timeoutOf(err), "the connection was not cut: %v", err)
	late := dial(t, p.Addr)
	_, err = late.hear(long)
	assert.Nil(t, timeoutOf(err), "a new connection was not cut: %v", err)

	p.Restore()
	again := dial(t, p.Addr)
	again.say("three\n")
	got, err := again.hear(long)
	require.NoError(t, err)
	assert.Equal(t, "three\n", got)
	assert.Equal(t, "three\n", <-arrived)
}

func TestProxyLosesAnswersToCallsThatArrived(t *testing.T) {
	addr, arrived := echo(t)
	p := NewProxy(t, addr)
	c := dial(t, p.Addr)
	p.LoseAnswers()
	c.say("one\n")
	assert.Equal(t, "one\n", <-arrived)
	_, err := c.hear(soon)
	require.NotNil(t, timeoutOf(err), "an answer came through: %v", err)
	p.Restore()
	_, err = c.hear(long)
	assert.Nil(t, timeoutOf(err), "a connection with a hole in it lives on")
	require.Error(t, err)
}

func TestSlowProxyDelaysAndLosesNothing(t *testing.T) {
	addr, _ := echo(t)
	p := NewProxy(t, addr)
	p.Slow(2 * soon)
	c := dial(t, p.Addr)
	began := time.Now()
	c.say("one\n")
	got, err := c.hear(long)
	require.NoError(t, err)
	assert.Equal(t, "one\n", got)
	assert.GreaterOrEqual(t, time.Since(began), 4*soon, "both ways")
	p.Restore()
	c.say("two\n")
	got, err = c.hear(long)
	require.NoError(t, err)
	assert.Equal(t, "two\n", got)
}
