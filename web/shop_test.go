package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/gate/embedded"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/web"
)

// deadline is generous: the machine may be busy.
const deadline = 20 * time.Second

// shop is a server on a real gate and a real ledger. What the worker would do
// is done when a test says so, or all the time once it is staffed.
type shop struct {
	t      *testing.T
	gate   *gate.Gate
	ledger *ledger.Ledger
	server *web.Server
}

func newShop(t *testing.T, change ...func(*web.Config)) *shop {
	t.Helper()
	redis, err := embedded.Start()
	require.NoError(t, err)
	t.Cleanup(redis.Close)
	client := gate.NewClient(gate.ClientOptions{Dial: redis.Dial})
	t.Cleanup(func() { _ = client.Close() })
	log := quiet()
	g, err := gate.New(gate.Config{Client: client, Logger: log})
	require.NoError(t, err)
	t.Cleanup(g.Close)
	l, err := ledger.Open(ledger.Config{Driver: ledger.DriverSQLite, DSN: filepath.Join(t.TempDir(), "shop.db"), Logger: log})
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	_, err = l.Migrate(t.Context())
	require.NoError(t, err)

	s := &shop{t: t, gate: g, ledger: l}
	s.run(g.Run)
	cfg, _, _ := stubConfig(t)
	cfg.Gate, cfg.Ledger = g, l
	for _, c := range change {
		c(&cfg)
	}
	s.server = serverOf(t, cfg)
	return s
}

// run keeps a loop going until the test ends.
func (s *shop) run(loop func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = loop(ctx) })
	s.t.Cleanup(func() { cancel(); wg.Wait() })
}

// answer is what a call led to.
type answer struct {
	status int
	header http.Header
	body   []byte
	json   map[string]any
}

func (a answer) code() any { return a.json["code"] }

func (a answer) String() string { return fmt.Sprintf("%d %s", a.status, a.body) }

// call sends a request and holds it, and its answer, against the contract.
// headers are "Name: value".
func call(t *testing.T, s *web.Server, method, path string, body any, headers ...string) answer {
	t.Helper()
	var sent []byte
	switch b := body.(type) {
	case nil:
	case string:
		sent = []byte(b)
	case []byte:
		sent = b
	default:
		var err error
		sent, err = json.Marshal(b)
		require.NoError(t, err)
	}
	req := httptest.NewRequest(method, path, bytes.NewReader(sent))
	req.Host = "localhost"
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if value == "" {
			req.Header.Del(name)
			continue
		}
		if name == "Host" {
			req.Host = value
			continue
		}
		req.Header.Add(name, value)
		if name == "Content-Type" {
			req.Header.Set(name, value)
		}
	}
	rec := httptest.NewRecorder()
	s.Handler().ServeHTTP(rec, req)
	resp := rec.Result()
	a := answer{status: resp.StatusCode, header: resp.Header}
	a.body, _ = io.ReadAll(resp.Body)
	if strings.HasSuffix(resp.Header.Get("Content-Type"), "json") {
		require.NoError(t, json.Unmarshal(a.body, &a.json), "%s", a.body)
	}
	if a.status >= 400 {
		require.Equal(t, "application/problem+json", resp.Header.Get("Content-Type"), "%s", a.body)
		require.EqualValues(t, a.status, a.json["status"])
		require.Equal(t, resp.Header.Get("X-Request-Id"), a.json["request_id"])
	}
	keepsContract(t, req, sent, resp, a.body)
	return a
}

func (s *shop) call(method, path string, body any, headers ...string) answer {
	s.t.Helper()
	return call(s.t, s.server, method, path, body, headers...)
}

// must is a call that a test relies on.
func (s *shop) must(status int, method, path string, body any, headers ...string) answer {
	s.t.Helper()
	a := s.call(method, path, body, headers...)
	require.Equal(s.t, status, a.status, "%s %s: %s", method, path, a.body)
	return a
}

var admin = "Authorization: Bearer " + adminToken

// as is the header of a buyer.
func as(t testing.TB, buyer string) string {
	t.Helper()
	return "Authorization: Bearer " + signed(t, jwt.SigningMethodHS256, []byte(hs256Secret),
		jwt.MapClaims{"sub": buyer, "exp": time.Now().Add(time.Hour).Unix()})
}

func signed(t testing.TB, method jwt.SigningMethod, key any, claims jwt.Claims) string {
	t.Helper()
	token, err := jwt.NewWithClaims(method, claims).SignedString(key)
	require.NoError(t, err)
	return token
}

// draft is a sale as an operator writes it; it runs from now on.
func draft(stock, limit int64) map[string]any {
	now := time.Now().UTC()
	return map[string]any{
		"name": "A sale", "starts_at": now.Add(-time.Minute).Format(time.RFC3339), "ends_at": now.Add(time.Hour).Format(time.RFC3339),
		"hold_seconds": 900, "items": []map[string]any{{
			"sku": "phone-1", "title": "A phone", "image_url": "/assets/phone.svg", "price": 19900, "currency": "CNY",
			"stock": stock, "limit_per_buyer": limit,
		}},
	}
}

// open creates and preloads a sale and gives its id.
func (s *shop) open(sale map[string]any) string {
	s.t.Helper()
	id := s.must(201, "POST", "/api/v1/admin/sales", sale, admin).json["id"].(string)
	s.must(200, "POST", "/api/v1/admin/sales/"+id+"/preload", nil, admin)
	return id
}

func lines(quantity int64) map[string]any {
	return map[string]any{"lines": []map[string]any{{"sku": "phone-1", "quantity": quantity}}}
}

func (s *shop) buy(sale, buyer string, quantity int64, headers ...string) answer {
	s.t.Helper()
	return s.call("POST", "/api/v1/sales/"+sale+"/orders", lines(quantity), append(headers, as(s.t, buyer))...)
}

func (s *shop) mustBuy(sale, buyer string, headers ...string) string {
	s.t.Helper()
	a := s.buy(sale, buyer, 1, headers...)
	require.Equal(s.t, 202, a.status, "%s", a.body)
	return a.json["order_id"].(string)
}

// settle records what is in the outbox, once.
func (s *shop) settle(sale string) {
	s.t.Helper()
	id, err := seckill.ParseID(sale)
	require.NoError(s.t, err)
	require.NoError(s.t, settleOutbox(context.Background(), s.gate, s.ledger, id))
}

// settleOutbox does the relay's and the settler's work without a broker.
func settleOutbox(ctx context.Context, g *gate.Gate, l *ledger.Ledger, sale seckill.ID) error {
	entries, err := g.ReadOutbox(ctx, sale, "test", 1_000, 0)
	if err != nil {
		return err
	}
	for _, e := range entries {
		r, err := l.Settle(ctx, e.Orders)
		if err != nil {
			return err
		}
		var changes []seckill.Change
		for _, o := range append(r.Settled, r.Failed...) {
			changes = append(changes, seckill.Change{OrderID: o.ID, Status: o.Status})
		}
		if err := g.Settled(ctx, sale, []seckill.OutboxEntry{e}, changes); err != nil {
			return err
		}
	}
	return nil
}

// staff settles a sale's orders all the time.
func (s *shop) staff(sale string) {
	id, err := seckill.ParseID(sale)
	require.NoError(s.t, err)
	s.run(func(ctx context.Context) error {
		for ctx.Err() == nil {
			_ = settleOutbox(ctx, s.gate, s.ledger, id)
			select {
			case <-ctx.Done():
			case <-time.After(5 * time.Millisecond):
			}
		}
		return nil
	})
}

func errorFields(a answer) []string {
	var fields []string
	list, _ := a.json["errors"].([]any)
	for _, e := range list {
		fields = append(fields, e.(map[string]any)["field"].(string))
	}
	return fields
}
