package bench

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/load"
)

func TestTheReferenceGivesTheSameAnswer(t *testing.T) {
	l := &Lab{t: t, Options: Options{Buyers: 1}, tokens: []string{"a-token"}}
	want := reference{Status: 409, Body: `{"code":"sold_out"}`, Header: http.Header{
		"Content-Type": {"application/problem+json"}, "X-Request-Id": {"abc-1"}, "Cache-Control": {"no-store"}}}
	p, err := l.bareGin(want)
	require.NoError(t, err)
	defer p.kill()
	got, err := l.sample(p.url, "17")
	require.NoError(t, err)
	require.Equal(t, want, got)

	source, err := l.source(p.url, "17")
	require.NoError(t, err)
	r, err := load.Run(t.Context(), load.Config{URL: p.url, Connections: 4, Count: 100, Source: source})
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"sold_out": 100}, r.RefusedBy)
}

func TestOnlyCommandsOfClientsAreCounted(t *testing.T) {
	m := &monitor{own: []byte(" 127.0.0.1:7]"), counts: map[string]int64{}}
	for _, line := range []string{
		`+1700000000.123456 [0 127.0.0.1:50000] "evalsha" "abc" "1" "a] \"get\""`,
		`+1700000000.123457 [0 lua] "hset" "stock" "1"`,
		`+1700000000.123458 [0 127.0.0.1:50001] "PING"`,
		`+1700000000.123459 [0 127.0.0.1:7] "hget" "inflight"`,
		`+OK`,
	} {
		m.count([]byte(line + "\r\n"))
	}
	require.Equal(t, map[string]int64{"evalsha": 1, "ping": 1}, m.counts)
}

func TestWhatAnIdleServiceDoesAnywayIsTakenAway(t *testing.T) {
	require.InDelta(t, 70, count{n: 100, took: 3e9}.less(count{n: 20, took: 2e9}), 1e-9)
	require.Zero(t, count{n: 10, took: 3e9}.less(count{n: 20, took: 2e9}))
}

func TestACallbackIsAWholeRequest(t *testing.T) {
	head, body, ok := strings.Cut(string(callback("shop:80", "pay_1", "17")), "\r\n\r\n")
	require.True(t, ok)
	require.True(t, strings.HasPrefix(head, "POST /webhooks/payments/standard HTTP/1.1\r\nHost: shop:80\r\n"))
	require.Contains(t, body, `"payment_id":"pay_1"`)
}
