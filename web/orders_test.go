package web_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/web"
)

func TestAnOrderIsSeenFromTheFirstMomentByItsBuyerAlone(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := s.open(draft(5, 5))
	order := s.mustBuy(sale, "alice")
	path := "/api/v1/orders/" + order
	a := s.must(200, "GET", path, nil, as(t, "alice"))
	require.Equal(t, "queued", a.json["status"], "in Redis alone")
	require.Equal(t, "not_found", s.must(404, "GET", path, nil, as(t, "bob")).code())
	s.settle(sale)
	a = s.must(200, "GET", path, nil, as(t, "alice"))
	require.Equal(t, "awaiting_payment", a.json["status"], "in SQL")
	require.Equal(t, "not_found", s.must(404, "GET", path, nil, as(t, "bob")).code())
	s.must(404, "GET", "/api/v1/orders/1", nil, as(t, "alice"))
	s.must(404, "GET", "/api/v1/orders/xyz", nil, as(t, "alice"))
	s.must(404, "GET", "/api/v1/orders/-5", nil, as(t, "alice"))
}

func TestOrdersArePagedNewestFirst(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := s.open(draft(9, 9))
	var bought []string
	for range 5 {
		bought = append(bought, s.mustBuy(sale, "alice"))
	}
	s.mustBuy(sale, "bob")
	s.settle(sale)
	var seen []string
	query := "?limit=2"
	for range 3 {
		a := s.must(200, "GET", "/api/v1/orders"+query, nil, as(t, "alice"))
		for _, o := range a.json["orders"].([]any) {
			seen = append(seen, o.(map[string]any)["order_id"].(string))
		}
		next, more := a.json["next_cursor"].(string)
		require.Equal(t, len(seen) < 5, more)
		query = "?limit=2&cursor=" + next
	}
	require.Equal(t, []string{bought[4], bought[3], bought[2], bought[1], bought[0]}, seen)
	empty := s.must(200, "GET", "/api/v1/orders", nil, as(t, "carol"))
	require.Equal(t, []any{}, empty.json["orders"])
	for _, q := range []string{"?limit=0", "?limit=101", "?limit=x", "?cursor=x", "?cursor=-1"} {
		require.Equal(t, "invalid_request", s.must(400, "GET", "/api/v1/orders"+q, nil, as(t, "alice")).code())
	}
}

func TestCancellingGivesTheOrderUpOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := s.open(draft(5, 5))
	order := s.mustBuy(sale, "alice")
	path := "/api/v1/orders/" + order + "/cancel"
	a := s.must(409, "POST", path, nil, as(t, "alice"))
	require.Equal(t, "conflict", a.code())
	require.Equal(t, "queued", a.json["state"], "not recorded yet")
	s.settle(sale)
	s.must(404, "POST", path, nil, as(t, "bob"))
	a = s.must(200, "POST", path, nil, as(t, "alice"))
	require.Equal(t, "cancelled", a.json["status"])
	a = s.must(409, "POST", path, nil, as(t, "alice"))
	require.Equal(t, "cancelled", a.json["state"])
	s.must(404, "POST", "/api/v1/orders/1/cancel", nil, as(t, "alice"))
}

func TestPayingOpensOnePayment(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := s.open(draft(5, 5))
	order := s.mustBuy(sale, "alice")
	path := "/api/v1/orders/" + order + "/pay"
	require.Equal(t, "queued", s.must(409, "POST", path, nil, as(t, "alice")).json["state"])
	s.settle(sale)
	s.must(404, "POST", path, nil, as(t, "bob"))
	a := s.must(200, "POST", path, nil, as(t, "alice"))
	id := a.json["payment_id"].(string)
	require.Equal(t, "https://pay.example/?payment="+id, a.json["payment_url"])
	require.Equal(t, id, s.must(200, "POST", path, nil, as(t, "alice")).json["payment_id"], "the open one")
	s.must(200, "POST", "/api/v1/orders/"+order+"/cancel", nil, as(t, "alice"))
	require.Equal(t, "cancelled", s.must(409, "POST", path, nil, as(t, "alice")).json["state"])
}

func TestPayingAndCancellingTakeNoFields(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := s.open(draft(5, 5))
	order := s.mustBuy(sale, "alice")
	s.settle(sale)
	for _, does := range []string{"pay", "cancel"} {
		path := "/api/v1/orders/" + order + "/" + does
		for body, why := range map[string]string{`{`: "not valid JSON", `{}}`: "not valid JSON", "a=b": "not valid JSON", `[]`: "must not be an array", `null`: "must not be null", `{"amount":1}`: `"amount"`} {
			a := s.must(400, "POST", path, body, as(t, "alice"))
			require.Equal(t, "invalid_request", a.code())
			require.Contains(t, string(a.body), why, body)
		}
		s.must(400, "POST", path, `{}`, as(t, "alice"), "Content-Type: text/plain")
		s.must(413, "POST", path, strings.Repeat(" ", web.MaxBodyBytes+1), as(t, "alice"))
		require.Equal(t, "awaiting_payment", s.must(200, "GET", "/api/v1/orders/"+order, nil, as(t, "alice")).json["status"])
		s.must(200, "POST", path, ` {} `, as(t, "alice"))
	}
}

func TestAnOrderThatSQLGetsBetweenTwoLooksIsFound(t *testing.T) {
	t.Parallel()
	cfg, g, l := stubConfig(t)
	ids := leased()
	id, err := ids.Next()
	require.NoError(t, err)
	g.sales = func() ([]gate.ActiveSale, error) {
		return []gate.ActiveSale{{ID: 7, StartsAt: time.Now().Add(-time.Hour), EndsAt: time.Now().Add(time.Hour)}}, nil
	}
	g.queued = func(seckill.ID, seckill.ID) (seckill.Order, error) { return seckill.Order{}, notFound("") }
	looks := 0
	l.order = func(seckill.ID) (seckill.Order, error) {
		if looks++; looks == 1 {
			return seckill.Order{}, notFound("")
		}
		return sampleOrder(id, seckill.OrderFailed), nil
	}
	a := call(t, serverOf(t, cfg), "GET", "/api/v1/orders/"+id.String(), nil, as(t, "alice"))
	require.Equal(t, 200, a.status, "%s", a.body)
	require.Equal(t, "failed", a.json["status"])
}

func TestAQueuedOrderIsLookedForOnlyInSalesThatRanAtItsTime(t *testing.T) {
	t.Parallel()
	cfg, g, l := stubConfig(t)
	id, err := leased().Next()
	require.NoError(t, err)
	hour := func(n time.Duration) time.Time { return time.Now().Add(n * time.Hour) }
	g.sales = func() ([]gate.ActiveSale, error) {
		return []gate.ActiveSale{{ID: 1, StartsAt: hour(-3), EndsAt: hour(-2)}, {ID: 2, StartsAt: hour(1), EndsAt: hour(2)},
			{ID: 3, StartsAt: hour(-1), EndsAt: time.Now().Add(-time.Minute)}}, nil
	}
	var asked []seckill.ID
	g.queued = func(sale, _ seckill.ID) (seckill.Order, error) {
		asked = append(asked, sale)
		return seckill.Order{}, notFound("")
	}
	l.order = func(seckill.ID) (seckill.Order, error) { return seckill.Order{}, notFound("") }
	a := call(t, serverOf(t, cfg), "GET", "/api/v1/orders/"+id.String(), nil, as(t, "alice"))
	require.Equal(t, 404, a.status)
	require.Equal(t, []seckill.ID{3}, asked)

	g.queued = func(seckill.ID, seckill.ID) (seckill.Order, error) {
		return seckill.Order{}, seckill.Unavailable(errors.New("down"), "not now")
	}
	a = call(t, serverOf(t, cfg), "GET", "/api/v1/orders/"+id.String(), nil, as(t, "alice"))
	require.Equal(t, 503, a.status, "nobody can say that it does not exist")
}

func sampleOrder(id seckill.ID, status seckill.OrderStatus) seckill.Order {
	now := time.Now()
	return seckill.Order{ID: id, SaleID: 7, Buyer: "alice", Ticket: 1, Lines: []seckill.Line{{SKU: "phone-1", Quantity: 1, Price: 100}},
		Amount: 100, Currency: "CNY", Status: status, CreatedAt: now, HoldUntil: now.Add(time.Minute)}
}
