package buyer_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
)

// twoItems is a sale of a phone and a case, of which a buyer may have several.
func twoItems() map[string]any {
	sale := webtest.Draft(9, 5)
	phone := sale["items"].([]map[string]any)[0]
	phoneCase := map[string]any{"sku": "case-1", "title": "A case", "price": 900, "currency": "CNY", "stock": 9, "limit_per_buyer": 5}
	sale["items"] = []map[string]any{phone, phoneCase}
	return sale
}

func wish(skuAndQuantity ...any) map[string]any {
	var lines []map[string]any
	for i := 0; i < len(skuAndQuantity); i += 2 {
		lines = append(lines, map[string]any{"sku": skuAndQuantity[i], "quantity": skuAndQuantity[i+1]})
	}
	return map[string]any{"lines": lines}
}

// restore loads a sale into Redis anew, from SQL.
func restore(s *webtest.Shop, sale string) {
	s.T.Helper()
	id, err := seckill.ParseID(sale)
	require.NoError(s.T, err)
	read := func(ctx context.Context, write func(seckill.Snapshot) error) error {
		return s.Ledger.OpenEpoch(ctx, id, write)
	}
	var now seckill.Snapshot
	require.NoError(s.T, read(s.T.Context(), func(part seckill.Snapshot) error { now = part; return nil }))
	loaded, err := s.Gate.Load(s.T.Context(), now.Sale, read)
	require.NoError(s.T, err)
	require.True(s.T, loaded)
}

// To give the order of before would tell the buyer that he has bought what he has not.
func TestAKeyThatComesAgainForSomethingElseIsAConflict(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*webtest.Config){"answered after Redis": func(*webtest.Config) {}, "answered after the commit": settledAck} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := webtest.NewShop(t, change)
			sale := s.Open(twoItems())
			if name == "answered after the commit" {
				s.Staff(sale)
			}
			ask := func(body map[string]any, key string) webtest.Answer {
				t.Helper()
				return s.Call("POST", "/api/v1/sales/"+sale+"/orders", body, webtest.As(t, "alice"), "Idempotency-Key: "+key)
			}
			first := ask(wish("phone-1", 1, "case-1", 2), "k")
			require.Equal(t, 202, first.Status, "%s", first)
			order := first.JSON["order_id"]
			look := func(where string) {
				t.Helper()
				for what, other := range map[string]map[string]any{
					"another quantity": wish("phone-1", 2, "case-1", 2),
					"another item":     wish("phone-1", 1),
					"one line more":    wish("case-1", 2),
					"quantities moved": wish("phone-1", 2, "case-1", 1),
				} {
					a := ask(other, "k")
					require.Equal(t, 422, a.Status, "%s, %s: %s", where, what, a)
					require.Equal(t, "conflict", a.Code())
					require.Equal(t, order, a.JSON["order_id"])
					require.Contains(t, a.JSON["detail"], "Idempotency-Key")
				}
				for _, same := range []map[string]any{wish("phone-1", 1, "case-1", 2), wish("case-1", 2, "phone-1", 1)} {
					a := ask(same, "k")
					require.Equal(t, 200, a.Status, "%s: %s", where, a)
					require.Equal(t, order, a.JSON["order_id"])
				}
			}
			look("just admitted")
			if name == "answered after Redis" {
				s.Settle(sale)
				look("recorded")
			}
			restore(s, sale)
			require.Eventually(t, func() bool { return ask(wish("phone-1", 1, "case-1", 2), "k").Status == 200 }, webtest.Deadline, 10*time.Millisecond)
			look("after a restore of Redis")
			unload(s, sale)
			look("when the sale has left Redis")
			require.Equal(t, "ended", ask(wish("phone-1", 1), "other").Code())
		})
	}
}

func TestOfTwoRequestsOfOneKeyAtOnceTheOtherIsAConflict(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(twoItems())
	var answers [8]webtest.Answer
	var calls sync.WaitGroup
	for i := range answers {
		calls.Go(func() {
			answers[i] = s.Call("POST", "/api/v1/sales/"+sale+"/orders", wish("phone-1", 1+i%2), webtest.As(t, "alice"), "Idempotency-Key: k")
		})
	}
	calls.Wait()
	var admitted webtest.Answer
	parity := 0
	for i, a := range answers {
		if a.Status == 202 {
			require.Zero(t, admitted.Status, "one order")
			admitted, parity = a, i%2
		}
	}
	require.Equal(t, 202, admitted.Status)
	for i, a := range answers {
		require.Equal(t, admitted.JSON["order_id"], a.JSON["order_id"], "%s", a)
		if i%2 != parity {
			require.Equal(t, 422, a.Status, "%s", a)
		}
	}
}
