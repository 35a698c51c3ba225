package web_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/web/operator"
)

// visit is a request as it arrives: from the other end of the connection, with headers.
type visit struct {
	remote  string
	headers [][2]string
}

func via(remote string, forwarded ...string) visit {
	v := visit{remote: remote}
	for _, f := range forwarded {
		v.headers = append(v.headers, [2]string{"X-Forwarded-For", f})
	}
	return v
}

func (v visit) status(s *webtest.Server) int {
	req := httptest.NewRequest("GET", "/api/v1/time", nil)
	req.RemoteAddr = v.remote
	for _, h := range v.headers {
		req.Header.Add(h[0], h[1])
	}
	rec := httptest.NewRecorder()
	s.Handler().ServeHTTP(rec, req)
	return rec.Code
}

// oneClient tells whether two requests count as one client's: there is one for each.
func oneClient(t *testing.T, a, b visit) bool {
	t.Helper()
	cfg, _, _ := webtest.StubConfig(t)
	cfg.PerIPRPS, cfg.PerIPBurst = 0.001, 1
	cfg.TrustedProxies = []string{"192.0.2.0/24", "2001:db8:ffff::/48", "::ffff:198.18.0.1"}
	s := webtest.NewServer(t, cfg)
	require.Equal(t, 200, a.status(s))
	return b.status(s) == 429
}

func TestNobodyForgesTheAddressThatIsCounted(t *testing.T) {
	t.Parallel()
	const proxy, own = "192.0.2.7:4000", "203.0.113.5"
	truth := via(proxy, own)
	for name, v := range map[string]visit{
		"what stands before the proxy's own word": via(proxy, "198.51.100.1, "+own),
		"in a header of its own":                  via(proxy, "198.51.100.1", own),
		"a proxy's address as one's own":          via(proxy, "192.0.2.99, "+own),
		"through two proxies":                     via(proxy, own+", 192.0.2.8"),
		"through two proxies, in two headers":     via(proxy, own, "192.0.2.8"),
		"through a mapped and an IPv6 proxy":      via("[::ffff:198.18.0.1]:1", own+", 2001:db8:ffff::1"),
		"with a port":                             via(proxy, own+":61234"),
		"with another port":                       via(proxy, own+":1"),
		"with spaces":                             via(proxy, "  "+own+"  "),
		"as a mapped address":                     via(proxy, "::ffff:"+own),
		"as a mapped address with a port":         via(proxy, "[::ffff:"+own+"]:443"),
		"with X-Real-IP beside it":                {proxy, [][2]string{{"X-Forwarded-For", own}, {"X-Real-IP", "198.51.100.1"}, {"Forwarded", "for=198.51.100.1"}, {"True-Client-IP", "198.51.100.1"}}},
		"without a proxy":                         via(own + ":9"),
		"without a proxy, claiming another":       via(own+":9", "198.51.100.1"),
		"without a proxy, mapped":                 via("[::ffff:" + own + "]:9"),
	} {
		require.True(t, oneClient(t, truth, v), name)
	}
	require.False(t, oneClient(t, truth, via(proxy, "203.0.113.6")), "another client is another")
}

// Where the proxy says nothing that can be read, its own address counts: nothing that
// a client can send makes it another.
func TestAProxyThatDoesNotSayCountsAsItself(t *testing.T) {
	t.Parallel()
	const proxy = "192.0.2.7:4000"
	for name, v := range map[string]visit{
		"X-Real-IP alone":    {proxy, [][2]string{{"X-Real-IP", "198.51.100.1"}}},
		"empty":              via(proxy, ""),
		"a name":             via(proxy, "unknown"),
		"junk at the end":    via(proxy, "198.51.100.1, junk"),
		"an obfuscated name": via(proxy, "198.51.100.1, _hidden"),
		"a comma too much":   via(proxy, "198.51.100.1,"),
		"octal":              via(proxy, "0198.051.0100.01"),
		"port without end":   via(proxy, "198.51.100.1:"),
	} {
		require.True(t, oneClient(t, via(proxy), v), name)
	}
}

func TestAnIPv6NetworkCountsAsOneClient(t *testing.T) {
	t.Parallel()
	const proxy = "[2001:db8:ffff::1]:443"
	first := via("[2001:db8:1:2::1]:4000")
	require.True(t, oneClient(t, first, via("[2001:db8:1:2:ffff:ffff:ffff:ffff]:1")))
	require.True(t, oneClient(t, first, via("[2001:db8:1:2::7%eth0]:1")))
	require.True(t, oneClient(t, first, via(proxy, "2001:db8:1:2:a::1")))
	require.True(t, oneClient(t, first, via(proxy, "[2001:db8:1:2:b::1]:55")))
	require.True(t, oneClient(t, first, via(proxy, "[2001:db8:1:2:b::1]")))
	require.False(t, oneClient(t, first, via("[2001:db8:1:3::1]:4000")))
	require.False(t, oneClient(t, first, via(proxy, "2001:db8:1:3::1")))
}

// A balancer that nobody named makes one address of all buyers: the log says so once an
// hour, and the system page while it goes on.
func TestABalancerThatIsNotNamedIsToldOf(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	cfg, _, _ := webtest.StubConfig(t)
	clock := testkit.NewClock(time.Now())
	cfg.Logger, cfg.Clock, cfg.TrustedProxies = slog.New(slog.NewTextHandler(&log, nil)), clock.Now, []string{"192.0.2.7"}
	cfg.System = func(context.Context) operator.System {
		return operator.System{Parts: []operator.Part{}, Promise: []operator.Promise{}, Settings: []operator.Setting{}, Warnings: []string{"another"}}
	}
	s := webtest.NewServer(t, cfg)
	warnings := func() []any {
		return webtest.Call(t, s, "GET", "/api/v1/admin/system", nil, webtest.Admin).JSON["warnings"].([]any)
	}

	via("192.0.2.7:1", "203.0.113.5").status(s)
	via("198.51.100.1:1").status(s)
	require.Empty(t, log.String(), "the named one, and a buyer's own connection")
	require.Len(t, warnings(), 1)

	for range 100 {
		via("10.0.0.9:1", "203.0.113.5").status(s)
	}
	require.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
	require.Contains(t, log.String(), "level=WARN")
	require.Contains(t, log.String(), "http.trusted_proxies")
	require.Contains(t, log.String(), "ip=10.0.0.9")
	require.Len(t, warnings(), 2)
	require.Contains(t, warnings()[1], "10.0.0.9")
	clock.Advance(time.Hour)
	require.Len(t, warnings(), 1, "it has ended")
	via("10.0.0.9:1", "203.0.113.5").status(s)
	require.Equal(t, 2, strings.Count(log.String(), "\n"))
}
