package buyer_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
)

// watchSale follows a sale as any page does, without a token.
func watchSale(t *testing.T, base, sale string) *webtest.Stream {
	t.Helper()
	return webtest.Watch(t, base+"/api/v1/sales/"+sale+"/events")
}

func TestAWatchedSaleTellsOfEachChange(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t, func(c *webtest.Config) { c.Heartbeat = 20 * time.Millisecond })
	sale := s.Open(webtest.Draft(2, 2))
	base := webtest.Serve(t, s.Server)
	watch := watchSale(t, base, sale)
	require.Equal(t, 200, watch.Resp.StatusCode)
	require.Equal(t, "text/event-stream", watch.Resp.Header.Get("Content-Type"))
	require.Equal(t, "no-store", watch.Resp.Header.Get("Cache-Control"))
	watch.Until(t, "live", 2)
	s.MustBuy(sale, "alice")
	watch.Until(t, "live", 1)
	s.MustBuy(sale, "bob")
	s.Settle(sale)
	for held := false; !held; { // SQL may say it a moment later
		item := watch.Until(t, "sold_out", 0)["items"].([]any)[0].(map[string]any)
		_, held = item["held"]
	}

	second := watchSale(t, base, sale)
	second.Until(t, "sold_out", 0)
	for range 30 { // longer than the server's own timeouts
		second.Next(t, ":")
	}
	s.Must(200, "POST", "/api/v1/admin/sales/"+sale+"/pause", nil, webtest.Admin)
	watch.Until(t, "paused", 0)
	second.Until(t, "paused", 0)
	s.Must(200, "POST", "/api/v1/admin/sales/"+sale+"/close", nil, webtest.Admin)
	watch.Until(t, "ended", 0)
	require.Empty(t, watch.Next(t, "data: "), "it ends with the sale")
}

func TestWatchingASaleEndsWhenTheProcessDrains(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	base := webtest.Serve(t, s.Server)
	assert.Equal(t, 404, watchSale(t, base, "404").Resp.StatusCode)
	watch := watchSale(t, base, s.Open(webtest.Draft(2, 2)))
	watch.Until(t, "live", 2)
	s.Server.SetDraining(true)
	require.Empty(t, watch.Next(t, "data: "))
}

func TestWatchersOfTheProcessAreBounded(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t, func(c *webtest.Config) { c.MaxStreams = 2 })
	sale := s.Open(webtest.Draft(2, 2))
	base := webtest.Serve(t, s.Server)
	for range 2 {
		watchSale(t, base, sale).Until(t, "live", 2)
	}
	full := watchSale(t, base, sale)
	assert.Equal(t, 503, full.Resp.StatusCode)
	assert.NotEmpty(t, full.Resp.Header.Get("Retry-After"))
	webtest.Follow(t, base, s.MustBuy(sale, "alice"), webtest.As(t, "alice")).Status(t) // those who bought have a bound of their own
}

// What a buyer needs to know when an item is sold out: how many units are not
// paid yet, and when the first of them may come back.
func TestASoldOutSaleTellsWhatMayComeBack(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(2, 2))
	body := s.Must(200, "GET", "/api/v1/sales/"+sale, nil)
	assert.Equal(t, "public, max-age=1", body.Header.Get("Cache-Control"))
	assert.NotContains(t, body.JSON, "next_return_at", "nothing is sold out")
	s.Buy(sale, "alice", 2)
	s.Settle(sale)
	require.Eventually(t, func() bool {
		body = s.Must(200, "GET", "/api/v1/sales/"+sale, nil)
		return body.JSON["status"] == "sold_out" && body.JSON["next_return_at"] != nil
	}, webtest.Deadline, 50*time.Millisecond)
	at, err := time.Parse(time.RFC3339, body.JSON["next_return_at"].(string))
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().Add(15*time.Minute), at, 2*time.Minute)
	assert.InDelta(t, 2, body.JSON["items"].([]any)[0].(map[string]any)["held"], 0)
}

func TestAnItemHasPicturesAndAListPrice(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := webtest.Draft(2, 2)
	item := sale["items"].([]map[string]any)[0]
	item["images"], item["list_price"] = []string{"/a.png", "/b.png"}, 29900
	id := s.Open(sale)
	got := s.Must(200, "GET", "/api/v1/sales/"+id, nil).JSON["items"].([]any)[0].(map[string]any)
	assert.Equal(t, []any{"/a.png", "/b.png"}, got["images"])
	assert.InDelta(t, 29900, got["list_price"], 0)
	for field, value := range map[string]any{"list_price": 19900, "images": []string{"//elsewhere/x.png"}} {
		wrong := webtest.Draft(2, 2)
		wrong["items"].([]map[string]any)[0][field] = value
		assert.Contains(t, string(s.Must(400, "POST", "/api/v1/admin/sales", wrong, webtest.Admin).Body), "items[0]."+field)
	}
}
