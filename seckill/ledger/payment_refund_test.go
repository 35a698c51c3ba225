package ledger

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// refundsDue makes orders whose payments p1, p2, ... have to go back, a second
// after one another.
func (f *fixture) refundsDue(n int) []seckill.Order {
	f.t.Helper()
	sale := f.sale(map[string]int64{"a": int64(n)})
	orders := make([]seckill.Order, n)
	for i := range orders {
		orders[i] = f.orderAt(sale, "refund due", int64(i+1), fmt.Sprintf("p%d", i+1))
		f.clock.Advance(time.Second)
	}
	return orders
}

func paymentIDs(refunds []Refund) []string {
	list := []string{}
	for _, r := range refunds {
		list = append(list, r.ID)
	}
	return list
}

func TestRefundsAreListedInPages(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		orders := f.refundsDue(3)
		// One of the same moment as another, by its id after it.
		f.clock.Advance(-time.Second)
		f.apply(event(orders[0], seckill.PaymentSucceeded, "p9"), seckill.PaymentRefundDue)

		first, err := f.RefundsDue(t.Context(), RefundCursor{}, 3)
		require.NoError(t, err)
		require.Equal(t, []string{"p1", "p2", "p3"}, paymentIDs(first))
		require.Equal(t, Refund{
			Payment: seckill.Payment{ID: "p1", OrderID: orders[0].ID, Provider: "standard", Amount: 100, Currency: "CNY",
				Status: "refund_due", CreatedAt: start},
			Since: start, Next: start,
		}, first[0])
		second, err := f.RefundsDue(t.Context(), first[1].Cursor(), 10)
		require.NoError(t, err)
		require.Equal(t, []string{"p3", "p9"}, paymentIDs(second))
		last, err := f.RefundsDue(t.Context(), second[1].Cursor(), 10)
		require.NoError(t, err)
		require.Empty(t, last)
		n, err := f.CountRefundsDue(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 4, n)
	})
}

func TestARefundIsTriedWhenItsTimeHasCome(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		orders := f.refundsDue(3)
		toTry := func() []string {
			t.Helper()
			refunds, err := f.RefundsToTry(t.Context(), 10)
			require.NoError(t, err)
			return paymentIDs(refunds)
		}
		note := func(payment string, try RefundTry) {
			t.Helper()
			require.NoError(t, f.NoteRefund(t.Context(), "standard", payment, try))
		}
		require.Equal(t, []string{"p1", "p2", "p3"}, toTry(), "at once, the longest waiting first")

		note("p1", RefundTry{Failure: "down", Again: time.Minute})
		note("p2", RefundTry{Again: time.Hour})
		note("p3", RefundTry{Failure: "no account " + strings.Repeat("長", 300)})
		require.Empty(t, toTry())
		f.clock.Advance(time.Minute)
		require.Equal(t, []string{"p1"}, toTry())
		note("p1", RefundTry{Failure: "down", Again: 2 * time.Hour})
		f.clock.Advance(time.Hour)
		require.Equal(t, []string{"p2"}, toTry())
		f.clock.Advance(100 * 24 * time.Hour)
		require.Equal(t, []string{"p2", "p1"}, toTry(), "never again by itself: p3")

		all, err := f.RefundsDue(t.Context(), RefundCursor{}, 0)
		require.NoError(t, err)
		require.Equal(t, []string{"p1", "p2", "p3"}, paymentIDs(all), "all stay visible, in their order")
		require.Equal(t, []int{2, 0, 1}, []int{all[0].Attempts, all[1].Attempts, all[2].Attempts})
		require.Equal(t, []bool{false, false, true}, []bool{all[0].Next.IsZero(), all[1].Next.IsZero(), all[2].Next.IsZero()})
		require.Equal(t, "down", all[0].LastError)
		require.Empty(t, all[1].LastError)
		require.Len(t, []rune(all[2].LastError), 200)

		n, err := f.RetryRefunds(t.Context(), "p3", "nobody's")
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
		require.Equal(t, []string{"p3", "p2", "p1"}, toTry())
		n, err = f.RetryRefunds(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 3, n)
		n, err = f.RetryRefunds(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 3, n, "also when nothing changes")

		f.apply(event(orders[0], seckill.RefundSucceeded, "p1"), seckill.PaymentApplied)
		note("p1", RefundTry{Failure: "too late", Again: time.Minute})
		require.Equal(t, []string{"p2", "p3"}, toTry())
		require.Zero(t, f.count("SELECT COUNT(*) FROM payments WHERE refund_error = 'too late'"))
	})
}
