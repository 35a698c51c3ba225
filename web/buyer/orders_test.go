package buyer_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/web"
)

func TestAnOrderIsSeenFromTheFirstMomentByItsBuyerAlone(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(5, 5))
	order := s.MustBuy(sale, "alice")
	path := "/api/v1/orders/" + order
	a := s.Must(200, "GET", path, nil, webtest.As(t, "alice"))
	require.Equal(t, "queued", a.JSON["status"], "in Redis alone")
	require.Equal(t, "not_found", s.Must(404, "GET", path, nil, webtest.As(t, "bob")).Code())
	s.Settle(sale)
	a = s.Must(200, "GET", path, nil, webtest.As(t, "alice"))
	require.Equal(t, "awaiting_payment", a.JSON["status"], "in SQL")
	require.Equal(t, "not_found", s.Must(404, "GET", path, nil, webtest.As(t, "bob")).Code())
	s.Must(404, "GET", "/api/v1/orders/1", nil, webtest.As(t, "alice"))
	s.Must(404, "GET", "/api/v1/orders/xyz", nil, webtest.As(t, "alice"))
	s.Must(404, "GET", "/api/v1/orders/-5", nil, webtest.As(t, "alice"))
}

func TestOrdersArePagedNewestFirst(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(9, 9))
	var bought []string
	for range 5 {
		bought = append(bought, s.MustBuy(sale, "alice"))
	}
	s.MustBuy(sale, "bob")
	s.Settle(sale)
	var seen []string
	query := "?limit=2"
	for range 3 {
		a := s.Must(200, "GET", "/api/v1/orders"+query, nil, webtest.As(t, "alice"))
		for _, o := range a.JSON["orders"].([]any) {
			seen = append(seen, o.(map[string]any)["order_id"].(string))
		}
		next, more := a.JSON["next_cursor"].(string)
		require.Equal(t, len(seen) < 5, more)
		query = "?limit=2&cursor=" + next
	}
	require.Equal(t, []string{bought[4], bought[3], bought[2], bought[1], bought[0]}, seen)
	empty := s.Must(200, "GET", "/api/v1/orders", nil, webtest.As(t, "carol"))
	require.Equal(t, []any{}, empty.JSON["orders"])
	for _, q := range []string{"?limit=0", "?limit=101", "?limit=x", "?cursor=x", "?cursor=-1"} {
		require.Equal(t, "invalid_request", s.Must(400, "GET", "/api/v1/orders"+q, nil, webtest.As(t, "alice")).Code())
	}
}

func TestCancellingGivesTheOrderUpOnce(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(5, 5))
	order := s.MustBuy(sale, "alice")
	path := "/api/v1/orders/" + order + "/cancel"
	a := s.Must(409, "POST", path, nil, webtest.As(t, "alice"))
	require.Equal(t, "conflict", a.Code())
	require.Equal(t, "queued", a.JSON["state"], "not recorded yet")
	s.Settle(sale)
	s.Must(404, "POST", path, nil, webtest.As(t, "bob"))
	a = s.Must(200, "POST", path, nil, webtest.As(t, "alice"))
	require.Equal(t, "cancelled", a.JSON["status"])
	a = s.Must(409, "POST", path, nil, webtest.As(t, "alice"))
	require.Equal(t, "cancelled", a.JSON["state"])
	s.Must(404, "POST", "/api/v1/orders/1/cancel", nil, webtest.As(t, "alice"))
}

func TestPayingOpensOnePayment(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(5, 5))
	order := s.MustBuy(sale, "alice")
	path := "/api/v1/orders/" + order + "/pay"
	require.Equal(t, "queued", s.Must(409, "POST", path, nil, webtest.As(t, "alice")).JSON["state"])
	s.Settle(sale)
	s.Must(404, "POST", path, nil, webtest.As(t, "bob"))
	a := s.Must(200, "POST", path, nil, webtest.As(t, "alice"))
	id := a.JSON["payment_id"].(string)
	require.Equal(t, "https://pay.example/?payment="+id, a.JSON["payment_url"])
	require.Equal(t, id, s.Must(200, "POST", path, nil, webtest.As(t, "alice")).JSON["payment_id"], "the open one")
	s.Must(200, "POST", "/api/v1/orders/"+order+"/cancel", nil, webtest.As(t, "alice"))
	require.Equal(t, "cancelled", s.Must(409, "POST", path, nil, webtest.As(t, "alice")).JSON["state"])
}

func TestPayingAndCancellingTakeNoFields(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(5, 5))
	order := s.MustBuy(sale, "alice")
	s.Settle(sale)
	for _, does := range []string{"pay", "cancel"} {
		path := "/api/v1/orders/" + order + "/" + does
		for body, why := range map[string]string{`{`: "not valid JSON", `{}}`: "not valid JSON", "a=b": "not valid JSON", `[]`: "must not be an array", `null`: "must not be null", `{"amount":1}`: `"amount"`} {
			a := s.Must(400, "POST", path, body, webtest.As(t, "alice"))
			require.Equal(t, "invalid_request", a.Code())
			require.Contains(t, string(a.Body), why, body)
		}
		s.Must(400, "POST", path, `{}`, webtest.As(t, "alice"), "Content-Type: text/plain")
		s.Must(413, "POST", path, strings.Repeat(" ", web.MaxBodyBytes+1), webtest.As(t, "alice"))
		require.Equal(t, "awaiting_payment", s.Must(200, "GET", "/api/v1/orders/"+order, nil, webtest.As(t, "alice")).JSON["status"])
		s.Must(200, "POST", path, ` {} `, webtest.As(t, "alice"))
	}
}

func TestAnOrderThatSQLGetsBetweenTwoLooksIsFound(t *testing.T) {
	t.Parallel()
	cfg, g, l := webtest.StubConfig(t)
	ids := webtest.IDs()
	id, err := ids.Next()
	require.NoError(t, err)
	g.OnSales = func() ([]gate.ActiveSale, error) {
		return []gate.ActiveSale{{ID: 7, StartsAt: time.Now().Add(-time.Hour), EndsAt: time.Now().Add(time.Hour)}}, nil
	}
	g.OnQueuedOrder = func(seckill.ID, seckill.ID) (seckill.Order, error) { return seckill.Order{}, webtest.NotFound("") }
	looks := 0
	l.OnOrder = func(seckill.ID) (seckill.Order, error) {
		if looks++; looks == 1 {
			return seckill.Order{}, webtest.NotFound("")
		}
		return webtest.SampleOrder(id, seckill.OrderFailed), nil
	}
	a := webtest.Call(t, webtest.NewServer(t, cfg), "GET", "/api/v1/orders/"+id.String(), nil, webtest.As(t, "alice"))
	require.Equal(t, 200, a.Status, "%s", a.Body)
	require.Equal(t, "failed", a.JSON["status"])
}

func TestAQueuedOrderIsLookedForOnlyInSalesThatRanAtItsTime(t *testing.T) {
	t.Parallel()
	cfg, g, l := webtest.StubConfig(t)
	id, err := webtest.IDs().Next()
	require.NoError(t, err)
	hour := func(n time.Duration) time.Time { return time.Now().Add(n * time.Hour) }
	g.OnSales = func() ([]gate.ActiveSale, error) {
		return []gate.ActiveSale{{ID: 1, StartsAt: hour(-3), EndsAt: hour(-2)}, {ID: 2, StartsAt: hour(1), EndsAt: hour(2)},
			{ID: 3, StartsAt: hour(-1), EndsAt: time.Now().Add(-time.Minute)}}, nil
	}
	var asked []seckill.ID
	g.OnQueuedOrder = func(sale, _ seckill.ID) (seckill.Order, error) {
		asked = append(asked, sale)
		return seckill.Order{}, webtest.NotFound("")
	}
	l.OnOrder = func(seckill.ID) (seckill.Order, error) { return seckill.Order{}, webtest.NotFound("") }
	a := webtest.Call(t, webtest.NewServer(t, cfg), "GET", "/api/v1/orders/"+id.String(), nil, webtest.As(t, "alice"))
	require.Equal(t, 404, a.Status)
	require.Equal(t, []seckill.ID{3}, asked)

	g.OnQueuedOrder = func(seckill.ID, seckill.ID) (seckill.Order, error) {
		return seckill.Order{}, seckill.Unavailable(errors.New("down"), "not now")
	}
	a = webtest.Call(t, webtest.NewServer(t, cfg), "GET", "/api/v1/orders/"+id.String(), nil, webtest.As(t, "alice"))
	require.Equal(t, 503, a.Status, "nobody can say that it does not exist")
}
