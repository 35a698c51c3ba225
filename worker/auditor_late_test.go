package worker

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

// The steps of an order that is paid after it has ended.

func endedUnreleased(a *audited, s seckill.Sale, w ways) {
	admitted(a, s, w)
	settled(a, s, w)
	cleared(a, s, w)
	expired(a, s, w)
}

func endedReleased(a *audited, s seckill.Sale, w ways) {
	endedUnreleased(a, s, w)
	released(a, s, w)
	marked(a, s, w)
}

func paidLate(a *audited, _ seckill.Sale, w ways) {
	for _, x := range w {
		id := "pay_" + x.order.ID.String()
		outcome, _, err := a.ledger.ApplyPayment(a.t.Context(), seckill.PaymentEvent{Provider: "test", ID: id, Type: seckill.PaymentSucceeded,
			PaymentID: id, OrderID: x.order.ID, Amount: x.order.Amount, Currency: "CNY", PaidAt: time.Now()})
		require.NoError(a.t, err)
		require.Equal(a.t, seckill.PaymentLate, outcome)
	}
}

func takenAgain(a *audited, _ seckill.Sale, w ways) {
	for _, x := range w {
		refusal, _, err := a.gate.Retake(a.t.Context(), x.order)
		require.NoError(a.t, err)
		require.Empty(a.t, refusal)
	}
}

func decided(refusal string, want seckill.PaymentOutcome) step {
	return func(a *audited, s seckill.Sale, w ways) {
		for _, x := range w {
			outcome, _, err := a.ledger.Retake(a.t.Context(), x.order, func(context.Context, seckill.Order) (string, int64, error) {
				return refusal, s.Epoch, nil
			})
			require.NoError(a.t, err)
			require.Equal(a.t, want, outcome)
		}
	}
}

func releasedForGood(a *audited, s seckill.Sale, w ways) {
	_, err := a.gate.ReleaseForGood(a.t.Context(), s.ID, w.ids())
	require.NoError(a.t, err)
}

func markedForGood(a *audited, s seckill.Sale, w ways) {
	require.NoError(a.t, a.ledger.MarkReleasedForGood(a.t.Context(), s.ID, w.ids(), s.Epoch))
}

var (
	gets    = decided("", seckill.PaymentApplied)
	getsNot = decided(seckill.ReasonPaidLate, seckill.PaymentRefundDue)
)

// An order that still holds its units keeps them: nothing changes hands.
func TestAReadingIsExactWhileAHeldOrderIsPaidLate(t *testing.T) {
	for name, life := range map[string][]step{
		"and gets its units":     {endedUnreleased, paidLate, takenAgain, gets, confirmed},
		"and is refused":         {endedUnreleased, paidLate, takenAgain, getsNot, releasedForGood, markedForGood},
		"and is refused unasked": {endedUnreleased, paidLate, getsNot, releasedForGood, markedForGood},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAudited(t)
			for some := range slices.Chunk(testkit.Share(partings(len(life)), everyParting), seckill.MaxItemsPerSale) {
				a.play(life, some)
			}
		})
	}
}

// Units that change hands between the two looks make that there is no reading,
// and only those. The reading is that of a whole sale, so each parting has its own.
func TestAReadingIsExactOrNoneWhileAReleasedOrderIsPaidLate(t *testing.T) {
	const takes = 2 // the step that takes units
	for name, life := range map[string][]step{
		"and gets its units": {endedReleased, paidLate, takenAgain, gets},
		"and is refused":     {endedReleased, paidLate, takenAgain, getsNot, releasedForGood, markedForGood},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAudited(t)
			for _, p := range testkit.Share(partings(len(life)), everyParting/2) {
				// Its end is tested above, and whenever units change hands between the two
				// looks it goes like this.
				if p[1] != beforeRead || p[takes] != beforeRead && p[takes] != inSQL && p[takes] != points {
					continue
				}
				w := &way{sku: "item", points: p}
				sale := a.open(w.sku)
				a.gate.at = func(point int) {
					for i, step := range life {
						if p[i] == point {
							step(a, sale, ways{w})
						}
					}
				}
				s, err := a.take(t.Context(), sale.ID)
				a.gate.at = nil
				what := fmt.Sprintf("steps at the points %v", p)
				if p[takes] >= afterRead && p[takes] <= afterHeld {
					require.Equal(t, seckill.CodeConflict, seckill.CodeOf(err), what)
					continue
				}
				require.NoError(t, err, what)
				require.True(t, s.audit.Conserved, "%s: %+v", what, s.audit.Items)
			}
		})
	}
}
