package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

// benchReport is what the test reads of `seckill bench --json`.
type benchReport struct {
	Sale      string           `json:"sale_id"`
	Loop      string           `json:"loop"`
	Requests  int64            `json:"requests"`
	Accepted  int64            `json:"accepted"`
	Refused   int64            `json:"refused"`
	Failed    int64            `json:"failed"`
	RefusedBy map[string]int64 `json:"refused_by"`
	Latency   struct {
		P50 float64 `json:"p50"`
	} `json:"latency_ms"`
	Orders map[string]int64 `json:"orders"`
	Audit  seckill.Audit    `json:"audit"`
	Notes  []string         `json:"notes"`
}

func (s *stage) bench(args ...string) benchReport {
	s.t.Helper()
	code, out, errs := s.command(append([]string{"bench", "--json", "--timeout", "1m", "--url", s.url(0)}, args...)...)
	require.Equal(s.t, 0, code, "%s", errs)
	var r benchReport
	require.NoError(s.t, json.Unmarshal([]byte(out), &r))
	return r
}

// patient is an embedded installation that gives a slow machine time to commit,
// so that no answer is "come again".
func patient(t *testing.T) *stage {
	s := onData(t)
	s.env = append(s.env, "SECKILL_ADMISSION_SETTLED_WAIT=15s")
	s.webs = []*process{start(t, s.env, "serve")}
	s.awaitReady()
	return s
}

func TestBenchSellsASaleOfItsOwnOutAndClosesIt(t *testing.T) {
	t.Parallel()
	s := patient(t)
	page := filepath.Join(t.TempDir(), "bench.html")
	r := s.bench("-c", "8", "-n", "400", "-d", "1m", "--stock", "100", "--html", page)
	require.Equal(t, "closed", r.Loop)
	require.EqualValues(t, []int64{400, 100, 300, 0}, []int64{r.Requests, r.Accepted, r.Refused, r.Failed})
	require.Equal(t, map[string]int64{"sold_out": 300}, r.RefusedBy)
	require.Positive(t, r.Latency.P50)
	require.True(t, r.Audit.Conserved)
	require.Equal(t, map[string]int64{"awaiting_payment": 100}, r.Orders)
	require.Empty(t, r.Notes)

	var stats struct{ State string }
	a := must(t, "GET", s.url(0)+"/api/v1/admin/sales/"+r.Sale, adminToken, nil)
	require.NoError(t, json.Unmarshal(a.Body, &stats))
	require.Equal(t, "closed", stats.State)

	var shown struct{ Sales []struct{ ID string } }
	a = must(t, "GET", s.url(0)+"/api/v1/sales", "", nil)
	require.NoError(t, json.Unmarshal(a.Body, &shown))
	for _, sale := range shown.Sales {
		require.NotEqual(t, r.Sale, sale.ID, "buyers are shown the sale of a load")
	}

	html, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(html), "sold_out 300")
	require.Equal(t, 3, strings.Count(string(html), "<svg"))
	for _, foreign := range []string{"<script", "src=", "href=", "NaN", "ZgotmplZ"} {
		require.NotContains(t, string(html), foreign)
	}
}

func TestBenchBuysFromASaleThatIsThereAndLeavesItOpen(t *testing.T) {
	t.Parallel()
	s := patient(t)
	sale := s.openSale(longHold, item{"phone-1", 1000, 1}, item{"watch-1", 1000, 1})
	r := s.bench("--sale", sale.id, "--sku", "watch-1", "--rate", "100", "-d", "500ms", "-c", "4", "--buyers", "20")
	require.Equal(t, "open", r.Loop)
	require.EqualValues(t, 51, r.Requests)
	require.EqualValues(t, 20, r.Accepted, "each buyer may have one: %v", r.RefusedBy)
	require.EqualValues(t, 31, r.RefusedBy["limit_exceeded"])
	require.Len(t, r.Notes, 1)
	require.Contains(t, r.Notes[0], "--buyers")
	var page struct{ Orders []struct{ Buyer string } }
	a := must(t, "GET", s.url(0)+"/api/v1/admin/sales/"+sale.id+"/orders", adminToken, nil)
	require.NoError(t, json.Unmarshal(a.Body, &page))
	require.Len(t, page.Orders, 20)
	for _, o := range page.Orders {
		require.True(t, seckill.TrialBuyer(o.Buyer), "a customer could be called %s", o.Buyer)
	}
	require.Equal(t, 202, sale.buy(0, buyerToken("alice"), "", line{"watch-1", 1}).HTTP)
}

func TestBenchNamesTheSettingThatHinderedIt(t *testing.T) {
	t.Parallel()
	s := onData(t)
	s.env = append(s.env, "SECKILL_LIMITS_PER_BUYER_RPS=1", "SECKILL_LIMITS_PER_BUYER_BURST=1")
	s.webs = []*process{start(t, s.env, "serve")}
	s.awaitReady()
	code, out, errs := s.command("bench", "--url", s.url(0), "--demo-login", "--buyers", "2", "-c", "2", "-n", "50")
	require.Equal(t, 0, code, "%s", errs)
	require.Contains(t, out, "rate_limited")
	require.Contains(t, out, "limits.per_ip_rps")
	require.NotContains(t, errs, "buying", "a progress bar where nobody looks on")

	s.env = append(s.env, "SECKILL_AUTH_HS256_SECRET=another-secret-of-32-bytes-or-even-more")
	code, out, errs = s.command("bench", "--url", s.url(0), "--buyers", "2", "-c", "2", "-n", "50")
	require.Equal(t, 0, code, "%s", errs)
	require.Contains(t, out, "unauthorized 50")
	require.Contains(t, out, "auth.hs256_secret")
}

// A unit that is gone from Redis is what no figure may be bought with.
func TestBenchGivesNoFiguresOfASaleThatIsNotConserved(t *testing.T) {
	t.Parallel()
	addr, password, prefix := testkit.Redis(t)
	s := onRedis(t, addr, password, prefix)
	s.launch(1, 1)
	sale := s.openSale(longHold, item{"phone-1", 1000, 1})
	client := redis.NewClient(&redis.Options{Addr: addr, Password: password})
	defer client.Close()
	require.NoError(t, client.HIncrBy(t.Context(), prefix+":{"+sale.id+"}:stock", "phone-1", -1).Err())
	page := filepath.Join(t.TempDir(), "bench.html")
	code, out, errs := s.command("bench", "--url", s.url(0), "--sale", sale.id, "-n", "20", "-c", "2", "--html", page)
	require.Equal(t, 1, code, "%s", errs)
	require.Empty(t, out)
	require.Contains(t, errs, "no figures: the audit of sale "+sale.id+" is not clean")
	require.NoFileExists(t, page)
}

func TestBenchGivesNoFiguresOfOrdersThatNobodyRecords(t *testing.T) {
	t.Parallel()
	s := external(t, 1, 0)
	code, out, errs := s.command("bench", "--url", s.url(0), "-n", "20", "-c", "2", "--settle-within", "1s")
	require.Equal(t, 1, code, "%s", errs)
	require.Empty(t, out)
	require.Contains(t, errs, "no figures: 20 orders are not in SQL")
}

// All of a load comes from one address: whoever measures must hear of it first.
func TestBenchWarnsOfALimitBeforeItRunsIntoIt(t *testing.T) {
	t.Parallel()
	s := onData(t)
	s.env = append(s.env, "SECKILL_LIMITS_PER_IP_RPS=50", "SECKILL_LIMITS_PER_IP_BURST=100", "SECKILL_LIMITS_PER_BUYER_RPS=3")
	s.webs = []*process{start(t, s.env, "serve")}
	s.awaitReady()
	code, _, errs := s.command("bench", "--url", s.url(0), "--rate", "60", "-d", "500ms", "--buyers", "10", "-c", "2")
	require.Equal(t, 0, code, "%s", errs)
	require.Contains(t, errs, "warning: limits.per_ip_rps is 50")
	require.Contains(t, errs, "warning: limits.per_buyer_rps is 3, and each of 10 buyers asks 6 times a second")
	code, _, errs = s.command("bench", "--url", s.url(0), "--rate", "10", "-d", "500ms", "--buyers", "10", "-c", "2")
	require.Equal(t, 0, code, "%s", errs)
	require.NotContains(t, errs, "warning")
}

func TestTheSaleOfALoadIsRemovedOnceItIsOver(t *testing.T) {
	t.Parallel()
	s := patient(t)
	r := s.bench("-c", "4", "-n", "40", "-d", "1m", "--hold", "1s")
	testkit.Eventually(t, func() bool {
		a, err := call("GET", s.url(0)+"/api/v1/admin/sales/"+r.Sale, adminToken, nil, nil)
		return err == nil && a.HTTP == 404
	}, "the sale is gone")
}
