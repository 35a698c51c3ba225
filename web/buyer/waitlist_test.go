package buyer_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
)

func wantPhone(quantity int64) map[string]any {
	return map[string]any{"sku": "phone-1", "quantity": quantity}
}

func TestWhoWaitsIsToldThePlace(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(1, 1))
	path := "/api/v1/sales/" + sale + "/waitlist"
	bob, carol := webtest.As(t, "bob"), webtest.As(t, "carol")

	a := s.Must(409, "POST", path, wantPhone(1), bob)
	require.Equal(t, "live", a.JSON["state"], "there is a unit to buy: %s", a.Body)
	s.Must(404, "GET", path, nil, bob)
	s.MustBuy(sale, "alice")
	s.Must(202, "POST", path, wantPhone(1), bob)
	a = s.Must(202, "POST", path, wantPhone(1), carol)
	require.Equal(t, "waiting", a.JSON["status"])
	require.EqualValues(t, 1, a.JSON["ahead"])
	require.NotContains(t, a.JSON, "order_id")

	again := s.Must(200, "POST", path, wantPhone(1), carol)
	require.Equal(t, a.JSON, again.JSON)
	require.EqualValues(t, 0, s.Must(200, "GET", path, nil, bob).JSON["ahead"])
	require.Equal(t, "left", s.Must(200, "DELETE", path, nil, bob).JSON["status"])
	require.EqualValues(t, 0, s.Must(200, "GET", path, nil, carol).JSON["ahead"])

	list := s.Must(200, "GET", "/api/v1/admin/sales/"+sale+"/waitlist", nil, webtest.Admin)
	require.Equal(t, map[string]any{"phone-1": 1.0}, list.JSON["waiting"])
	require.Len(t, list.JSON["places"], 2)
}

func TestAWaitlistTakesNothingThatCannotBe(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(1, 2))
	path := "/api/v1/sales/" + sale + "/waitlist"
	bob := webtest.As(t, "bob")
	require.Equal(t, 202, s.Buy(sale, "alice", 1).Status)
	for name, body := range map[string]any{
		"nothing":       map[string]any{},
		"no quantity":   map[string]any{"sku": "phone-1"},
		"less than one": wantPhone(0),
		"below zero":    wantPhone(-1),
		"too many":      wantPhone(3),
		"far too many":  wantPhone(seckill.MaxUnitsPerLine + 1),
		"no such item":  map[string]any{"sku": "cup-1", "quantity": 1},
		"another field": map[string]any{"sku": "phone-1", "quantity": 1, "place": 1},
		"a list":        []any{1},
	} {
		a := s.Call("POST", path, body, bob)
		require.Equal(t, 400, a.Status, "%s: %s", name, a.Body)
	}
	require.Equal(t, "quantity", s.Call("POST", path, wantPhone(0), bob).JSON["errors"].([]any)[0].(map[string]any)["field"])
	s.Must(401, "POST", path, wantPhone(1))
	s.Must(401, "GET", path, nil)
	s.Must(404, "POST", "/api/v1/sales/7/waitlist", wantPhone(1), bob)
	s.Must(404, "DELETE", path, nil, bob)
	s.Must(400, "GET", "/api/v1/admin/sales/"+sale+"/waitlist?cursor=x", nil, webtest.Admin)
	s.Must(404, "GET", "/api/v1/admin/sales/7/waitlist", nil, webtest.Admin)

	early := webtest.Draft(1, 1)
	early["starts_at"], early["ends_at"] = time.Now().Add(time.Hour).UTC(), time.Now().Add(2*time.Hour).UTC()
	id := s.Open(early)
	require.Equal(t, "not_started", s.Must(403, "POST", "/api/v1/sales/"+id+"/waitlist", wantPhone(1), bob).Code())
	s.Must(200, "POST", "/api/v1/admin/sales/"+sale+"/close", nil, webtest.Admin)
	require.Equal(t, "ended", s.Must(410, "POST", path, wantPhone(1), bob).Code())
}

// Who has as many as one may would be offered what he cannot have, and his own unit again.
func TestWhoHasAsManyAsOneMayDoesNotWait(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(1, 1))
	order := s.MustBuy(sale, "alice")
	s.Settle(sale)
	path := "/api/v1/sales/" + sale + "/waitlist"
	a := s.Must(409, "POST", path, wantPhone(1), webtest.As(t, "alice"))
	require.Equal(t, "limit_exceeded", a.Code())
	require.Equal(t, order, a.JSON["order_id"])
	s.Must(202, "POST", path, wantPhone(1), webtest.As(t, "bob"))
}

// An offer can be paid as soon as there is an order, whoever has noted it.
func TestAnOfferIsShownWithItsOrder(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(1, 1))
	s.MustBuy(sale, "alice")
	s.Settle(sale)
	path := "/api/v1/sales/" + sale + "/waitlist"
	bob := webtest.As(t, "bob")
	s.Must(202, "POST", path, wantPhone(1), bob)
	id, err := seckill.ParseID(sale)
	require.NoError(t, err)
	w, err := s.Ledger.Waiter(t.Context(), id, "bob")
	require.NoError(t, err)
	_, err = s.Ledger.MoveWaiters(t.Context(), []int64{w.ID}, seckill.WaiterWaiting, seckill.WaiterOffering)
	require.NoError(t, err)
	require.Equal(t, "waiting", s.Must(200, "GET", path, nil, bob).JSON["status"])
	s.Must(200, "POST", "/api/v1/admin/sales/"+sale+"/items/phone-1/stock", map[string]any{"delta": 1, "reason": "more"}, webtest.Admin)
	stored, err := s.Gate.Sale(t.Context(), id)
	require.NoError(t, err)
	_, err = s.Gate.Offer(t.Context(), id, time.Minute, []seckill.Request{w.Request(stored.Items[0])})
	require.NoError(t, err)
	s.Settle(sale)
	a := s.Must(200, "GET", path, nil, bob)
	require.Equal(t, "offered", a.JSON["status"])
	require.Equal(t, w.OrderID.String(), a.JSON["order_id"])
}

// Units that others wait for are shown as gone.
func TestUnitsThatOthersWaitForAreNotShown(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(1, 1))
	order := s.MustBuy(sale, "alice")
	s.Settle(sale)
	path := "/api/v1/sales/" + sale
	s.Must(202, "POST", path+"/waitlist", wantPhone(1), webtest.As(t, "bob"))
	s.Must(200, "POST", "/api/v1/orders/"+order+"/cancel", nil, webtest.As(t, "alice"))
	id, err := seckill.ParseID(sale)
	require.NoError(t, err)
	of, err := seckill.ParseID(order)
	require.NoError(t, err)
	_, err = s.Gate.Release(t.Context(), id, []seckill.ID{of})
	require.NoError(t, err)
	counters, err := s.Gate.Counters(t.Context(), id)
	require.NoError(t, err)
	require.EqualValues(t, 1, counters["phone-1"].Available)
	a := s.Must(200, "GET", path, nil)
	require.Equal(t, "sold_out", a.JSON["status"])
	require.EqualValues(t, 0, a.JSON["items"].([]any)[0].(map[string]any)["available"])
	require.Equal(t, "sold_out", s.Buy(sale, "carol", 1).Code())
	require.Equal(t, "sold_out", s.Must(200, "GET", "/api/v1/admin/sales/"+sale, nil, webtest.Admin).JSON["phase"], "operators are told what buyers see")
}
