package seckill

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The legal transitions, written once more by hand: a change of the machine has
// to be made in both places, and thought about twice.
var legalOrder = map[OrderStatus]map[OrderStatus]bool{
	OrderQueued:          {OrderAwaitingPayment: true, OrderFailed: true},
	OrderAwaitingPayment: {OrderPaid: true, OrderExpired: true, OrderCancelled: true},
	OrderExpired:         {OrderPaid: true, OrderRefundDue: true},
	OrderCancelled:       {OrderPaid: true, OrderRefundDue: true},
	OrderFailed:          {OrderRefundDue: true},
	OrderRefundDue:       {OrderRefunded: true},
}

var legalSale = map[SaleState]map[SaleState]bool{
	SaleDraft:      {SaleReady: true},
	SaleReady:      {SalePaused: true, SaleRecovering: true, SaleClosed: true},
	SalePaused:     {SaleReady: true, SaleRecovering: true, SaleClosed: true},
	SaleRecovering: {SaleReady: true, SalePaused: true},
}

func TestOrderTakesOnlyLegalTransitions(t *testing.T) {
	for _, from := range OrderStatuses {
		for _, to := range OrderStatuses {
			require.Equal(t, legalOrder[from][to], from.CanBecome(to), "%s → %s", from, to)
			if legalOrder[from][to] {
				require.Contains(t, to.Predecessors(), from)
			} else {
				require.NotContains(t, to.Predecessors(), from)
			}
		}
	}
}

func TestSaleTakesOnlyLegalTransitions(t *testing.T) {
	for _, from := range SaleStates {
		for _, to := range SaleStates {
			require.Equal(t, legalSale[from][to], from.CanBecome(to), "%s → %s", from, to)
		}
	}
}

func TestUnknownStatesGoNowhere(t *testing.T) {
	require.False(t, OrderStatus("lost").CanBecome(OrderPaid))
	require.False(t, SaleState("").CanBecome(SaleReady))
}
