package buyer_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
)

// streamFrom opens a stream for a client behind the test's proxy and waits for its
// head; end goes away from it.
func streamFrom(t *testing.T, address, url string, headers ...string) (resp *http.Response, end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	require.NoError(t, err)
	req.Header.Set("X-Forwarded-For", address)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err = http.DefaultTransport.(*http.Transport).Clone().RoundTrip(req)
	require.NoError(t, err)
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp, cancel
}

func behindProxy(c *webtest.Config) { c.TrustedProxies = []string{"127.0.0.1"} }

func TestOneAddressHasItsShareOfTheStreams(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t, behindProxy, func(c *webtest.Config) { c.StreamsPerIP = 3 })
	sale := s.Open(webtest.Draft(2, 2))
	base := webtest.Serve(t, s.Server)
	order := base + "/api/v1/orders/" + s.MustBuy(sale, "alice") + "/events"
	watch := base + "/api/v1/sales/" + sale + "/events"

	first, end := streamFrom(t, "2001:db8:1:2::1", watch)
	require.Equal(t, 200, first.StatusCode)
	second, _ := streamFrom(t, "2001:db8:1:2::2", watch)
	require.Equal(t, 200, second.StatusCode)
	bought, _ := streamFrom(t, "2001:db8:1:2::3", order, webtest.As(t, "alice"))
	require.Equal(t, 200, bought.StatusCode, "of whatever kind")
	for _, url := range []string{watch, order} {
		refused, _ := streamFrom(t, "2001:db8:1:2::4", url, webtest.As(t, "alice"))
		require.Equal(t, 429, refused.StatusCode)
		require.NotEmpty(t, refused.Header.Get("Retry-After"))
	}
	other, _ := streamFrom(t, "2001:db8:1:3::1", watch)
	require.Equal(t, 200, other.StatusCode, "another network has its own")
	end()
	require.Eventually(t, func() bool {
		again, _ := streamFrom(t, "2001:db8:1:2::5", watch)
		return again.StatusCode == 200
	}, webtest.Deadline, 20*time.Millisecond, "a place that is left is free again")
}

func TestStreamsOfAllKindsLeaveConnectionsToBuyOver(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t, func(c *webtest.Config) { c.MaxAllStreams = 2 })
	sale := s.Open(webtest.Draft(2, 2))
	base := webtest.Serve(t, s.Server)
	watchSale(t, base, sale).Until(t, "live", 2)
	order := s.MustBuy(sale, "alice")
	webtest.Follow(t, base, order, webtest.As(t, "alice")).Status(t)
	require.Equal(t, 503, watchSale(t, base, sale).Resp.StatusCode)
	require.Equal(t, 503, webtest.Follow(t, base, order, webtest.As(t, "alice")).Resp.StatusCode)
	s.MustBuy(sale, "bob")
}
