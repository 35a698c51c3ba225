package ledger

import (
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
		require.ErrorContains(t, err, "price of a: ", "it says what differs")
		require.ErrorContains(t, err, "stock of a: 12 here, 5 in what was sent")

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

func TestADraftThatIsThereAlreadyIsFoundSameOrNot(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		draft := f.draft(map[string]int64{"a": 5})
		draft.Key = "spring"
		d, err := f.FindDraft(ctx, draft)
		require.NoError(t, err)
		require.False(t, d.Found)
		sale, _, err := f.CreateSale(ctx, draft)
		require.NoError(t, err)
		_, err = f.ChangeTotal(ctx, sale.ID, "a", 1, "x", "y")
		require.NoError(t, err)
		d, err = f.FindDraft(ctx, draft)
		require.NoError(t, err)
		require.True(t, d.Found && d.Same, "a changed total does not make it another sale")
		require.EqualValues(t, 6, d.Sale.Items[0].Total)
		draft.Items[0].Price++
		d, err = f.FindDraft(ctx, draft)
		require.NoError(t, err)
		require.True(t, d.Found)
		require.False(t, d.Same)
	})
}

func TestTimesThatCountFromACreationAreHeldToWhatWasWritten(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		written := func(at time.Time, in, lasts time.Duration) seckill.Sale {
			s := f.draft(map[string]int64{"a": 5})
			s.ID, s.Key, s.StartsAt, s.EndsAt, s.StartsIn = f.id(), "soon", at.Add(in), at.Add(in+lasts), &in
			return s
		}
		day := start.Add(24 * time.Hour)
		sale, _, err := f.CreateSale(ctx, written(start, time.Hour, 2*time.Hour))
		require.NoError(t, err)
		for want, again := range map[string]seckill.Sale{
			"": written(day, time.Hour, 2*time.Hour),
			"starts_in: 1h0m0s here, 9h0m0s in what was sent": written(day, 9*time.Hour, 2*time.Hour),
			"lasts: 2h0m0s here, 3h0m0s in what was sent":     written(day, time.Hour, 3*time.Hour),
		} {
			found, created, err := f.CreateSale(ctx, again)
			d, _ := f.FindDraft(ctx, again)
			require.Equal(t, want == "", d.Same, want)
			if want != "" {
				require.ErrorContains(t, err, "other content: "+want)
				continue
			}
			require.NoError(t, err)
			require.False(t, created)
			require.Equal(t, sale, found, "the same file a day later")
		}
		// Times that somebody wrote into the draft are not taken back.
		sale.StartsIn, sale.StartsAt, sale.EndsAt = nil, day, day.Add(2*time.Hour)
		require.NoError(t, f.UpdateDraft(ctx, sale))
		_, created, err := f.CreateSale(ctx, written(day, 5*time.Hour, 2*time.Hour))
		require.NoError(t, err)
		require.False(t, created)
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
