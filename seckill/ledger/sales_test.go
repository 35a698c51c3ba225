package ledger

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestASaleIsReadAsItWasWritten(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		draft := f.draft(map[string]int64{"b": 5, "a": 0, "c": seckill.MaxStock})
		draft.Items[0], draft.Items[2] = draft.Items[2], draft.Items[0]
		draft.Items[1].Title, draft.Items[1].ImageURL = "\"Wert\" '; 手机 🐉", ""
		draft.StartsAt = start.Add(123 * time.Millisecond)
		want := draft
		want.Revision, want.CreatedAt = 1, start

		got, created, err := f.CreateSale(t.Context(), draft)
		require.NoError(t, err)
		require.True(t, created)
		require.Equal(t, want, got)
		got, err = f.Sale(t.Context(), draft.ID)
		require.NoError(t, err)
		require.Equal(t, want, got)

		_, err = f.Sale(t.Context(), f.id())
		require.Equal(t, seckill.CodeNotFound, seckill.CodeOf(err))
		_, err = f.Counters(t.Context(), f.id())
		require.Equal(t, seckill.CodeNotFound, seckill.CodeOf(err))
		_, err = f.Snapshot(t.Context(), f.id())
		require.Equal(t, seckill.CodeNotFound, seckill.CodeOf(err))
		draft.Name = ""
		_, _, err = f.CreateSale(t.Context(), draft)
		require.Equal(t, seckill.CodeInvalidRequest, seckill.CodeOf(err))
	})
}

func TestCreatingASaleAgainByItsKeyChangesNothing(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		draft := f.draft(map[string]int64{"a": 5})
		draft.Key = "spring-2026"
		first, created, err := f.CreateSale(t.Context(), draft)
		require.NoError(t, err)
		require.True(t, created)
		_, err = f.ChangeTotal(t.Context(), first.ID, "a", 7, "ops", "more came")
		require.NoError(t, err)
		_, err = f.TransitionSale(t.Context(), first.ID, seckill.SaleReady, "ops")
		require.NoError(t, err)

		again := draft
		again.ID = f.id()
		found, created, err := f.CreateSale(t.Context(), again)
		require.NoError(t, err)
		require.False(t, created)
		require.Equal(t, first.ID, found.ID)
		require.Equal(t, int64(12), found.Items[0].Total)
		require.Equal(t, seckill.SaleReady, found.State)

		again.Items[0].Price++
		_, _, err = f.CreateSale(t.Context(), again)
		require.Equal(t, seckill.CodeConflict, seckill.CodeOf(err))
		require.Equal(t, string(seckill.SaleReady), conflictState(err))

		again.Key = "Spring-2026"
		again.ID = f.id()
		_, created, err = f.CreateSale(t.Context(), again)
		require.NoError(t, err)
		require.True(t, created, "keys are told apart by case")
		require.Equal(t, int64(2), f.count("SELECT COUNT(*) FROM sales"))
	})
}

func TestConcurrentCreationsOfOneKeyMakeOneSale(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		var made [5]bool
		var found [5]seckill.Sale
		var calls []func() error
		for i := range made {
			draft := f.draft(map[string]int64{"a": 5})
			draft.Key = "k"
			calls = append(calls, func() (err error) {
				found[i], made[i], err = f.CreateSale(t.Context(), draft)
				return
			})
		}
		race(t, calls...)
		n := 0
		for i, created := range made {
			require.Equal(t, found[0], found[i])
			if created {
				n++
			}
		}
		require.Equal(t, 1, n)
	})
}

func TestOnlyADraftCanBeChanged(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 5, "b": 5})
		next := sale
		next.Name, next.Key, next.Hold = "Summer sale", "summer", 90*time.Second
		next.Items = append([]seckill.Item{}, sale.Items[1])
		next.Items[0].Total = 9
		require.NoError(t, f.UpdateDraft(t.Context(), next))
		next.Revision = 2
		got, err := f.Sale(t.Context(), sale.ID)
		require.NoError(t, err)
		require.Equal(t, next, got)

		replayed := next
		replayed.ID = f.id()
		_, created, err := f.CreateSale(t.Context(), replayed)
		require.NoError(t, err)
		require.False(t, created, "the content of the key is the draft as it was written last")

		rival := f.draft(map[string]int64{"a": 1})
		_, _, err = f.CreateSale(t.Context(), rival)
		require.NoError(t, err)
		rival.Key = "summer"
		require.Equal(t, seckill.CodeConflict, seckill.CodeOf(f.UpdateDraft(t.Context(), rival)))

		_, err = f.TransitionSale(t.Context(), sale.ID, seckill.SaleReady, "ops")
		require.NoError(t, err)
		err = f.UpdateDraft(t.Context(), next)
		require.Equal(t, string(seckill.SaleReady), conflictState(err))
		next.ID, next.Key = f.id(), ""
		require.Equal(t, seckill.CodeNotFound, seckill.CodeOf(f.UpdateDraft(t.Context(), next)))
	})
}

func TestASaleGoesOnlyTheLegalWay(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		for _, from := range seckill.SaleStates {
			for _, to := range seckill.SaleStates {
				sale := f.sale(map[string]int64{"a": 5})
				require.NoError(t, f.writes.Exec("UPDATE sales SET state = ? WHERE id = ?", string(from), int64(sale.ID)).Error)

				got, err := f.TransitionSale(t.Context(), sale.ID, to, "ops")
				switch {
				case from == to:
					require.NoError(t, err)
					require.Equal(t, int64(1), got.Revision, "nothing changed")
				case from.CanBecome(to):
					require.NoError(t, err)
					require.Equal(t, to, got.State)
					require.Equal(t, int64(2), got.Revision)
					require.Equal(t, int64(1), f.count("SELECT COUNT(*) FROM sale_log WHERE sale_id = ? AND actor = 'ops' AND action = ? AND revision = 2",
						int64(sale.ID), actionOf(from, to)))
				default:
					require.Equal(t, string(from), conflictState(err), "%s to %s", from, to)
				}
			}
		}
		_, err := f.TransitionSale(t.Context(), f.id(), seckill.SaleReady, "ops")
		require.Equal(t, seckill.CodeNotFound, seckill.CodeOf(err))
	})
}

func TestATotalNeverFallsBelowWhatIsTaken(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10})
		orders := f.settle(f.orders(sale, 6)...)
		f.pay(orders[0])
		f.confirm(orders[0].ID)

		got, err := f.ChangeTotal(t.Context(), sale.ID, "a", -4, "ops", "broken in transit")
		require.NoError(t, err)
		require.Equal(t, int64(6), got.Items[0].Total)
		require.Equal(t, int64(2), got.Revision)
		require.Equal(t, int64(1), f.count("SELECT COUNT(*) FROM stock_changes WHERE sale_id = ? AND sku = 'a' AND delta = -4"+
			" AND total = 6 AND revision = 2 AND actor = 'ops' AND reason = 'broken in transit'", int64(sale.ID)))

		for name, c := range map[string]struct {
			sale  seckill.ID
			sku   string
			delta int64
			code  seckill.Code
		}{
			"below":        {sale.ID, "a", -1, seckill.CodeConflict},
			"nothing":      {sale.ID, "a", 0, seckill.CodeInvalidRequest},
			"beyond":       {sale.ID, "a", seckill.MaxStock - 5, seckill.CodeInvalidRequest},
			"far beyond":   {sale.ID, "a", 1 << 62, seckill.CodeInvalidRequest},
			"unknown item": {sale.ID, "x", 1, seckill.CodeNotFound},
			"unknown sale": {f.id(), "a", 1, seckill.CodeNotFound},
		} {
			_, err := f.ChangeTotal(t.Context(), c.sale, c.sku, c.delta, "ops", "")
			require.Equal(t, c.code, seckill.CodeOf(err), "%s: %v", name, err)
		}
		_, err = f.ChangeTotal(t.Context(), sale.ID, "a", 1, "ops", strings.Repeat("x", 201))
		require.Equal(t, seckill.CodeInvalidRequest, seckill.CodeOf(err))
		got, err = f.Sale(t.Context(), sale.ID)
		require.NoError(t, err)
		require.Equal(t, int64(2), got.Revision, "what is refused leaves no trace")

		require.NoError(t, f.writes.Exec("UPDATE sales SET state = 'closed' WHERE id = ?", int64(sale.ID)).Error)
		_, err = f.ChangeTotal(t.Context(), sale.ID, "a", 1, "ops", "")
		require.Equal(t, "closed", conflictState(err))
	})
}

func TestAReductionAndASettlementNeverOversellTogether(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		for range 15 {
			sale := f.sale(map[string]int64{"a": 5})
			var result SettleResult
			var reduceErr error
			race(t,
				func() error { _, reduceErr = f.ChangeTotal(t.Context(), sale.ID, "a", -3, "ops", ""); return nil },
				func() (err error) { result, err = f.Settle(t.Context(), f.orders(sale, 4)); return },
			)
			c := f.counters(sale.ID)["a"]
			require.Equal(t, int64(len(result.Settled)), c.Reserved)
			if reduceErr == nil {
				require.Equal(t, seckill.ItemCounters{SKU: "a", Total: 2, Reserved: 2, Releasing: 2}, c)
			} else {
				require.Equal(t, seckill.CodeConflict, seckill.CodeOf(reduceErr))
				require.Equal(t, seckill.ItemCounters{SKU: "a", Total: 5, Reserved: 4}, c)
			}
			f.requireAddsUp(sale.ID)
		}
	})
}

func TestTheTableItselfRefusesToOversell(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 5})
		for _, set := range []string{"reserved = 6", "sold = 6", "reserved = -1", "sold = -1", "total = -1", "reserved = 3, sold = 3"} {
			require.Error(t, f.writes.Exec("UPDATE items SET "+set+" WHERE sale_id = ?", int64(sale.ID)).Error, set)
		}
	})
}

func TestSalesAreListedNewestFirst(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		var all []seckill.ID
		for range 5 {
			all = append([]seckill.ID{f.sale(map[string]int64{"a": 1, "b": 2}).ID}, all...)
		}
		_, err := f.TransitionSale(t.Context(), all[1], seckill.SaleReady, "ops")
		require.NoError(t, err)
		list := func(q SaleQuery) []seckill.ID {
			sales, err := f.Sales(t.Context(), q)
			require.NoError(t, err)
			var ids []seckill.ID
			for _, s := range sales {
				require.Len(t, s.Items, 2)
				ids = append(ids, s.ID)
			}
			return ids
		}
		require.Equal(t, all, list(SaleQuery{}))
		require.Equal(t, all[:2], list(SaleQuery{Limit: 2}))
		require.Equal(t, all[2:4], list(SaleQuery{Limit: 2, Cursor: all[1]}))
		require.Equal(t, all[1:2], list(SaleQuery{States: []seckill.SaleState{seckill.SaleReady, seckill.SalePaused}}))
		require.Empty(t, list(SaleQuery{States: []seckill.SaleState{seckill.SaleClosed}}))
	})
}
