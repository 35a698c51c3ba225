package web_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

// twoItems is a sale of a phone and a case, of which a buyer may have several.
func twoItems() map[string]any {
	sale := draft(9, 5)
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
func (s *shop) restore(sale string) {
	s.t.Helper()
	id, err := seckill.ParseID(sale)
	require.NoError(s.t, err)
	read := func(ctx context.Context, write func(seckill.Snapshot) error) error {
		return s.ledger.OpenEpoch(ctx, id, write)
	}
	var now seckill.Snapshot
	require.NoError(s.t, read(s.t.Context(), func(part seckill.Snapshot) error { now = part; return nil }))
	loaded, err := s.gate.Load(s.t.Context(), now.Sale, read)
	require.NoError(s.t, err)
	require.True(s.t, loaded)
}

// To give the order of before would tell the buyer that he has bought what he has not.
func TestAKeyThatComesAgainForSomethingElseIsAConflict(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*web.Config){"answered after Redis": func(*web.Config) {}, "answered after the commit": settledAck} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, change)
			sale := s.open(twoItems())
			if name == "answered after the commit" {
				s.staff(sale)
			}
			ask := func(body map[string]any, key string) answer {
				t.Helper()
				return s.call("POST", "/api/v1/sales/"+sale+"/orders", body, as(t, "alice"), "Idempotency-Key: "+key)
			}
			first := ask(wish("phone-1", 1, "case-1", 2), "k")
			require.Equal(t, 202, first.status, "%s", first)
			order := first.json["order_id"]
			look := func(where string) {
				t.Helper()
				for what, other := range map[string]map[string]any{
					"another quantity": wish("phone-1", 2, "case-1", 2),
					"another item":     wish("phone-1", 1),
					"one line more":    wish("case-1", 2),
					"quantities moved": wish("phone-1", 2, "case-1", 1),
				} {
					a := ask(other, "k")
					require.Equal(t, 422, a.status, "%s, %s: %s", where, what, a)
					require.Equal(t, "conflict", a.code())
					require.Equal(t, order, a.json["order_id"])
					require.Contains(t, a.json["detail"], "Idempotency-Key")
				}
				for _, same := range []map[string]any{wish("phone-1", 1, "case-1", 2), wish("case-1", 2, "phone-1", 1)} {
					a := ask(same, "k")
					require.Equal(t, 200, a.status, "%s: %s", where, a)
					require.Equal(t, order, a.json["order_id"])
				}
			}
			look("just admitted")
			if name == "answered after Redis" {
				s.settle(sale)
				look("recorded")
			}
			s.restore(sale)
			require.Eventually(t, func() bool { return ask(wish("phone-1", 1, "case-1", 2), "k").status == 200 }, deadline, 10*time.Millisecond)
			look("after a restore of Redis")
			s.unload(sale)
			look("when the sale has left Redis")
			require.Equal(t, "ended", ask(wish("phone-1", 1), "other").code())
		})
	}
}

func TestOfTwoRequestsOfOneKeyAtOnceTheOtherIsAConflict(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := s.open(twoItems())
	var answers [8]answer
	var calls sync.WaitGroup
	for i := range answers {
		calls.Go(func() {
			answers[i] = s.call("POST", "/api/v1/sales/"+sale+"/orders", wish("phone-1", 1+i%2), as(t, "alice"), "Idempotency-Key: k")
		})
	}
	calls.Wait()
	var admitted answer
	parity := 0
	for i, a := range answers {
		if a.status == 202 {
			require.Zero(t, admitted.status, "one order")
			admitted, parity = a, i%2
		}
	}
	require.Equal(t, 202, admitted.status)
	for i, a := range answers {
		require.Equal(t, admitted.json["order_id"], a.json["order_id"], "%s", a)
		if i%2 != parity {
			require.Equal(t, 422, a.status, "%s", a)
		}
	}
}
