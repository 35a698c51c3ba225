package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/payment"
)

var httpClient = &http.Client{
	Timeout:   30 * time.Second,
	Transport: &http.Transport{MaxIdleConnsPerHost: 512, MaxConnsPerHost: 512},
}

// get returns the status of a GET, or 0 without an answer.
func get(url string) int {
	res, err := httpClient.Get(url)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

// answer is what the API answered: an order, a problem, or anything else.
type answer struct {
	HTTP     int
	OrderID  string `json:"order_id"`
	Status   any    `json:"status"` // of an order a word, of a problem a number
	Ticket   int64  `json:"ticket"`
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
	Code     string `json:"code"`
	Detail   string `json:"detail"`
	State    string `json:"state"`
	Reason   string `json:"reason"`
	Result   string `json:"result"`

	PaymentID  string `json:"payment_id"`
	PaymentURL string `json:"payment_url"`
	Body       []byte `json:"-"`
}

// call sends a request; an error means that there was no whole answer.
func call(method, url, token string, header map[string]string, body any) (answer, error) {
	payload, ok := body.([]byte)
	if body != nil && !ok {
		var err error
		if payload, err = json.Marshal(body); err != nil {
			return answer{}, err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(payload))
	if err != nil {
		return answer{}, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := httpClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	a := answer{HTTP: res.StatusCode}
	if a.Body, err = io.ReadAll(res.Body); err != nil {
		return answer{}, err
	}
	_ = json.Unmarshal(a.Body, &a)
	return a, nil
}

// must is call for where an answer has to come.
func must(t testing.TB, method, url, token string, body any) answer {
	t.Helper()
	a, err := call(method, url, token, nil, body)
	require.NoError(t, err)
	return a
}

func buyerToken(buyer string) string {
	claims := jwt.MapClaims{"sub": buyer, "exp": time.Now().Add(time.Hour).Unix()}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(hs256Secret))
	if err != nil {
		panic(err)
	}
	return token
}

// sale is a sale under test.
type sale struct {
	*stage
	id string
}

type item struct {
	sku   string
	stock int64
	limit int64
}

const price = 19900

// openSale creates and preloads a sale that is open now.
func (s *stage) openSale(hold time.Duration, items ...item) sale {
	s.t.Helper()
	made := s.draftSale(hold, items...)
	made.preload()
	return made
}

// draftSale creates a sale that is open as soon as it is preloaded.
func (s *stage) draftSale(hold time.Duration, items ...item) sale {
	s.t.Helper()
	return s.draftSaleOf("", hold, items...)
}

// draftSaleOf creates one whose items are of a goods of the shop's stock; empty: of none.
func (s *stage) draftSaleOf(goods string, hold time.Duration, items ...item) sale {
	s.t.Helper()
	return s.draftSaleWith(nil, goods, hold, items...)
}

// draftSaleWith creates one with more fields than all have.
func (s *stage) draftSaleWith(more map[string]any, goods string, hold time.Duration, items ...item) sale {
	s.t.Helper()
	now := time.Now().UTC()
	list := make([]map[string]any, len(items))
	for i, it := range items {
		list[i] = map[string]any{"sku": it.sku, "title": "Item " + it.sku, "price": price, "currency": "CNY",
			"stock": it.stock, "limit_per_buyer": it.limit, "goods_id": goods}
	}
	var made struct{ ID, State string }
	body := map[string]any{
		"name": "Test of " + s.t.Name(), "starts_at": now.Add(-time.Minute), "ends_at": now.Add(time.Hour),
		"hold_seconds": int64(hold / time.Second), "items": list,
	}
	maps.Copy(body, more)
	a := must(s.t, "POST", s.url(0)+"/api/v1/admin/sales", adminToken, body)
	require.Equal(s.t, 201, a.HTTP, "%s", a.Body)
	require.NoError(s.t, json.Unmarshal(a.Body, &made))
	return sale{s, made.ID}
}

func (s sale) adminURL() string { return s.url(0) + "/api/v1/admin/sales/" + s.id }

func (s sale) preload() {
	s.t.Helper()
	a := must(s.t, "POST", s.adminURL()+"/preload", adminToken, nil)
	require.Equal(s.t, 200, a.HTTP, "%s", a.Body)
}

type line struct {
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity"`
}

// buy orders at the web process with the given number; 0 as HTTP status means
// that there was no answer.
func (s sale) buy(web int, token, key string, lines ...line) answer {
	header := map[string]string{}
	if key != "" {
		header["Idempotency-Key"] = key
	}
	a, err := call("POST", s.url(web)+"/api/v1/sales/"+s.id+"/orders", token, header, map[string]any{"lines": lines})
	if err != nil {
		return answer{}
	}
	return a
}

// url is the address of a web process; restarts change it.
func (s *stage) url(web int) string {
	stageMu.RLock()
	defer stageMu.RUnlock()
	return s.webs[web%len(s.webs)].url
}

// stageMu guards the lists of processes while buyers use them.
var stageMu sync.RWMutex

func (s *stage) order(token, id string) answer {
	s.t.Helper()
	return must(s.t, "GET", s.url(0)+"/api/v1/orders/"+id, token, nil)
}

// callback signs and sends a payment callback.
func (s *stage) callback(eventID string, at time.Time, body []byte) answer {
	s.t.Helper()
	a, err := s.tryCallback(eventID, at, body)
	require.NoError(s.t, err)
	return a
}

// tryCallback is callback for where an answer may not come.
func (s *stage) tryCallback(eventID string, at time.Time, body []byte) (answer, error) {
	s.t.Helper()
	header := map[string]string{}
	signed, err := payment.Sign(paymentSecret, eventID, at, body)
	require.NoError(s.t, err)
	header["webhook-id"] = eventID
	header["webhook-timestamp"] = fmt.Sprint(at.Unix())
	header["webhook-signature"] = signed
	return call("POST", s.url(0)+"/webhooks/payments/standard", "", header, body)
}

func succeeded(paymentID, orderID string, amount int64) []byte {
	body, _ := json.Marshal(map[string]any{"type": "payment.succeeded", "data": map[string]any{
		"payment_id": paymentID, "order_id": orderID, "amount": amount, "currency": "CNY",
		"paid_at": time.Now().UTC().Format(time.RFC3339)}})
	return body
}

// pay pays an order as a buyer and the provider do together.
func (s *stage) pay(token, order string) answer {
	s.t.Helper()
	p := must(s.t, "POST", s.url(0)+"/api/v1/orders/"+order+"/pay", token, nil)
	if p.HTTP != 200 {
		return p
	}
	o := s.order(token, order)
	return s.callback("evt_"+p.PaymentID, time.Now(), succeeded(p.PaymentID, order, o.Amount))
}

// audit waits until nothing is in flight or on its way back, and returns the
// sale's audit then; it must be conserved.
func (s sale) audit() map[string]seckill.AuditItem {
	s.t.Helper()
	var last answer
	var audit seckill.Audit
	testkit.Eventually(s.t, func() bool {
		a, err := call("GET", s.url(0)+"/api/v1/admin/sales/"+s.id+"/audit", adminToken, nil, nil)
		if err != nil || a.HTTP != 200 {
			return false
		}
		last, audit = a, seckill.Audit{}
		if json.Unmarshal(a.Body, &audit) != nil {
			return false
		}
		for _, it := range audit.Items {
			if it.InFlight != 0 || it.Releasing != 0 {
				return false
			}
		}
		return true
	}, "the sale has come to rest")
	require.True(s.t, audit.Conserved, "%s", last.Body)
	items := make(map[string]seckill.AuditItem)
	for _, it := range audit.Items {
		items[it.SKU] = it
	}
	return items
}

// auditOnceSold waits until units that are paid for are sold, which comes a
// moment after the callback's answer, and returns the item's audit then.
func (s sale) auditOnceSold(sku string, sold int64) seckill.AuditItem {
	s.t.Helper()
	var it seckill.AuditItem
	testkit.Eventually(s.t, func() bool {
		it = s.audit()[sku]
		return it.Sold == sold
	}, "the paid units are sold")
	return it
}
