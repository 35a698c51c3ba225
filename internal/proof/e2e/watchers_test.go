package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// Two thousand pages watch a sale while it sells out. Each learns of it at once. What
// buyers feel of them is a figure of internal/proof/bench.
func TestTwoThousandWatchersLearnOfSoldOut(t *testing.T) {
	if testing.Short() {
		t.Skip("opens thousands of connections")
	}
	alone(t)
	units, watchers := testkit.Sized(500, 100), testkit.Sized(2_000, 200)
	p := start(t, []string{"SECKILL_DATA_DIR=" + t.TempDir(), "SECKILL_ADMIN_TOKEN=" + adminToken,
		"SECKILL_AUTH_HS256_SECRET=" + hs256Secret, "SECKILL_ADMISSION_ACK=admitted",
		"SECKILL_LIMITS_PER_IP_RPS=0", "SECKILL_LIMITS_PER_BUYER_RPS=0",
		"SECKILL_LIMITS_STREAMS_PER_IP=0", "SECKILL_LIMITS_CONNECTIONS_PER_IP=0"}, "serve")
	testkit.Eventually(t, func() bool { return get(p.opsURL+"/readyz") == 200 }, "it is ready")
	lag := sellOut(t, p.url, units, watchers)
	t.Logf("the last of %d learnt after %v", watchers, lag)
	if testkit.Soaking() {
		// It is a second where the machine does nothing else at the time.
		assert.Less(t, lag, 5*time.Second)
	}
}

// sellOut sells a new sale out, with as many watching, and gives how long after the
// last unit the last watcher learnt of it.
func sellOut(t *testing.T, url string, units, watchers int) (lag time.Duration) {
	t.Helper()
	now := time.Now().UTC()
	var made struct{ ID string }
	a := must(t, "POST", url+"/api/v1/admin/sales", adminToken, map[string]any{
		"name": "Watched", "starts_at": now.Add(-time.Minute), "ends_at": now.Add(time.Hour), "hold_seconds": 900,
		"items": []any{map[string]any{"sku": "a", "title": "A", "price": price, "currency": "CNY", "stock": units, "limit_per_buyer": 1}}})
	require.Equal(t, 201, a.HTTP, "%s", a.Body)
	require.NoError(t, json.Unmarshal(a.Body, &made))
	require.Equal(t, 200, must(t, "POST", url+"/api/v1/admin/sales/"+made.ID+"/preload", adminToken, nil).HTTP)

	learnt := watch(t, url+"/api/v1/sales/"+made.ID+"/events", watchers)
	var next atomic.Int64
	var crowd sync.WaitGroup
	for range 32 {
		crowd.Go(func() {
			for n := next.Add(1); n <= int64(units); n = next.Add(1) {
				a, err := call("POST", url+"/api/v1/sales/"+made.ID+"/orders", buyerToken(fmt.Sprintf("w-%d", n)), nil,
					map[string]any{"lines": []any{map[string]any{"sku": "a", "quantity": 1}}})
				if err != nil || a.HTTP != 202 {
					t.Errorf("buy: %d %v %s", a.HTTP, err, a.Body)
				}
			}
		})
	}
	crowd.Wait()
	over := time.Now()
	for range watchers {
		select {
		case at := <-learnt:
			lag = max(lag, at.Sub(over))
		case <-time.After(startsWithin):
			require.FailNow(t, "somebody never learnt that the sale is sold out")
		}
	}
	return lag
}

// watch opens streams of a sale, waits until each has said something, and gives
// the times at which each says that it is sold out.
func watch(t *testing.T, url string, watchers int) <-chan time.Time {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	transport := &http.Transport{}
	learnt := make(chan time.Time, watchers)
	var open sync.WaitGroup
	gate := make(chan struct{}, 64) // as many connect at a time
	for range watchers {
		open.Add(1)
		gate <- struct{}{}
		go func() {
			opened := sync.OnceFunc(func() { <-gate; open.Done() })
			defer opened()
			req, _ := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
			resp, err := transport.RoundTrip(req)
			if err != nil {
				return
			}
			defer func() { _ = resp.Body.Close() }()
			for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
				if !strings.HasPrefix(lines.Text(), "data: ") {
					continue
				}
				opened()
				if strings.Contains(lines.Text(), `"sold_out"`) {
					learnt <- time.Now()
					return
				}
			}
		}()
	}
	open.Wait()
	return learnt
}
