package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/web"
)

// watchSale follows a sale as any page does, without a token.
func watchSale(t *testing.T, base, sale string) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, "GET", base+"/api/v1/sales/"+sale+"/events", nil)
	require.NoError(t, err)
	resp, err := http.DefaultTransport.(*http.Transport).Clone().RoundTrip(req)
	require.NoError(t, err)
	t.Cleanup(func() { _ = resp.Body.Close() })
	s := &stream{resp: resp, lines: make(chan string, 1_000)}
	go func() {
		defer close(s.lines)
		for sc := bufio.NewScanner(resp.Body); sc.Scan(); {
			s.lines <- sc.Text()
		}
	}()
	return s
}

// until reads events to the first one of a status with as much available.
func (s *stream) until(t *testing.T, status string, available float64) map[string]any {
	t.Helper()
	for {
		data := s.next(t, "data: ")
		require.NotEmpty(t, data, "it ended before it said %s", status)
		var news map[string]any
		require.NoError(t, json.Unmarshal([]byte(data), &news))
		item := news["items"].([]any)[0].(map[string]any)
		if news["status"] == status && item["available"] == available {
			return news
		}
	}
}

func TestAWatchedSaleTellsOfEachChange(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *web.Config) { c.Heartbeat = 20 * time.Millisecond })
	sale := s.open(draft(2, 2))
	base := serve(t, s.server)
	watch := watchSale(t, base, sale)
	require.Equal(t, 200, watch.resp.StatusCode)
	require.Equal(t, "text/event-stream", watch.resp.Header.Get("Content-Type"))
	require.Equal(t, "no-store", watch.resp.Header.Get("Cache-Control"))
	watch.until(t, "live", 2)
	s.mustBuy(sale, "alice")
	watch.until(t, "live", 1)
	s.mustBuy(sale, "bob")
	s.settle(sale)
	for held := false; !held; { // SQL may say it a moment later
		item := watch.until(t, "sold_out", 0)["items"].([]any)[0].(map[string]any)
		_, held = item["held"]
	}

	second := watchSale(t, base, sale)
	second.until(t, "sold_out", 0)
	for range 30 { // longer than the server's own timeouts
		second.next(t, ":")
	}
	s.must(200, "POST", "/api/v1/admin/sales/"+sale+"/pause", nil, admin)
	watch.until(t, "paused", 0)
	second.until(t, "paused", 0)
	s.must(200, "POST", "/api/v1/admin/sales/"+sale+"/close", nil, admin)
	watch.until(t, "ended", 0)
	require.Empty(t, watch.next(t, "data: "), "it ends with the sale")
}

func TestWatchingASaleEndsWhenTheProcessDrains(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	base := serve(t, s.server)
	assert.Equal(t, 404, watchSale(t, base, "404").resp.StatusCode)
	watch := watchSale(t, base, s.open(draft(2, 2)))
	watch.until(t, "live", 2)
	s.server.SetDraining(true)
	require.Empty(t, watch.next(t, "data: "))
}

func TestWatchersOfTheProcessAreBounded(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *web.Config) { c.MaxStreams = 2 })
	sale := s.open(draft(2, 2))
	base := serve(t, s.server)
	for range 2 {
		watchSale(t, base, sale).until(t, "live", 2)
	}
	full := watchSale(t, base, sale)
	assert.Equal(t, 503, full.resp.StatusCode)
	assert.NotEmpty(t, full.resp.Header.Get("Retry-After"))
	follow(t, base, s.mustBuy(sale, "alice"), as(t, "alice")).status(t) // those who bought have a bound of their own
}

// What a buyer needs to know when an item is sold out: how many units are not
// paid yet, and when the first of them may come back.
func TestASoldOutSaleTellsWhatMayComeBack(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := s.open(draft(2, 2))
	body := s.must(200, "GET", "/api/v1/sales/"+sale, nil)
	assert.Equal(t, "public, max-age=1", body.header.Get("Cache-Control"))
	assert.NotContains(t, body.json, "next_return_at", "nothing is sold out")
	s.buy(sale, "alice", 2)
	s.settle(sale)
	require.Eventually(t, func() bool {
		body = s.must(200, "GET", "/api/v1/sales/"+sale, nil)
		return body.json["status"] == "sold_out" && body.json["next_return_at"] != nil
	}, deadline, 50*time.Millisecond)
	at, err := time.Parse(time.RFC3339, body.json["next_return_at"].(string))
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().Add(15*time.Minute), at, 2*time.Minute)
	assert.InDelta(t, 2, body.json["items"].([]any)[0].(map[string]any)["held"], 0)
}

func TestAnItemHasPicturesAndAListPrice(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := draft(2, 2)
	item := sale["items"].([]map[string]any)[0]
	item["images"], item["list_price"] = []string{"/a.png", "/b.png"}, 29900
	id := s.open(sale)
	got := s.must(200, "GET", "/api/v1/sales/"+id, nil).json["items"].([]any)[0].(map[string]any)
	assert.Equal(t, []any{"/a.png", "/b.png"}, got["images"])
	assert.InDelta(t, 29900, got["list_price"], 0)
	for field, value := range map[string]any{"list_price": 19900, "images": []string{"//elsewhere/x.png"}} {
		wrong := draft(2, 2)
		wrong["items"].([]map[string]any)[0][field] = value
		assert.Contains(t, string(s.must(400, "POST", "/api/v1/admin/sales", wrong, admin).body), "items[0]."+field)
	}
}
