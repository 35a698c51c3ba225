package seckill

import "slices"

// SaleState is where a sale stands for its operator.
type SaleState string

const (
	SaleDraft      SaleState = "draft"      // being written; nothing in Redis
	SaleReady      SaleState = "ready"      // loaded; opens by itself at StartsAt
	SalePaused     SaleState = "paused"     // loaded; admits nobody
	SaleRecovering SaleState = "recovering" // being rebuilt; set by the system alone
	SaleClosed     SaleState = "closed"     // over for good
)

// saleTransitions lists every legal change of a sale's state.
var saleTransitions = map[SaleState][]SaleState{
	SaleDraft:      {SaleReady},
	SaleReady:      {SalePaused, SaleRecovering, SaleClosed},
	SalePaused:     {SaleReady, SaleRecovering, SaleClosed},
	SaleRecovering: {SaleReady, SalePaused},
	SaleClosed:     {},
}

// SaleStates lists every state, in the order of a sale's life.
var SaleStates = []SaleState{SaleDraft, SaleReady, SalePaused, SaleRecovering, SaleClosed}

// CanBecome tells whether the change is legal.
func (s SaleState) CanBecome(to SaleState) bool { return slices.Contains(saleTransitions[s], to) }

// Predecessors lists the states from which s can be reached in one step; a
// conditional update names them in its WHERE.
func (s SaleState) Predecessors() []SaleState { return predecessors(SaleStates, s) }

// OrderStatus is where an order stands.
type OrderStatus string

const (
	OrderQueued          OrderStatus = "queued"           // admitted by Redis, not in SQL yet
	OrderAwaitingPayment OrderStatus = "awaiting_payment" // in SQL, units held until HoldUntil
	OrderPaid            OrderStatus = "paid"
	OrderExpired         OrderStatus = "expired"    // not paid within its hold
	OrderCancelled       OrderStatus = "cancelled"  // by the buyer
	OrderFailed          OrderStatus = "failed"     // the SQL gate refused it; Reason says why
	OrderRefundDue       OrderStatus = "refund_due" // paid too late, money to be returned
	OrderRefunded        OrderStatus = "refunded"
)

// orderTransitions lists every legal change of an order's status.
var orderTransitions = map[OrderStatus][]OrderStatus{
	OrderQueued:          {OrderAwaitingPayment, OrderFailed},
	OrderAwaitingPayment: {OrderPaid, OrderExpired, OrderCancelled},
	OrderPaid:            {},
	OrderExpired:         {OrderPaid, OrderRefundDue},
	OrderCancelled:       {OrderPaid, OrderRefundDue},
	OrderFailed:          {OrderRefundDue},
	OrderRefundDue:       {OrderRefunded},
	OrderRefunded:        {},
}

// OrderStatuses lists every status.
var OrderStatuses = []OrderStatus{OrderQueued, OrderAwaitingPayment, OrderPaid, OrderExpired,
	OrderCancelled, OrderFailed, OrderRefundDue, OrderRefunded}

// CanBecome tells whether the change is legal.
func (s OrderStatus) CanBecome(to OrderStatus) bool {
	return slices.Contains(orderTransitions[s], to)
}

// Predecessors lists the statuses from which s can be reached in one step.
func (s OrderStatus) Predecessors() []OrderStatus { return predecessors(OrderStatuses, s) }

// Final tells whether a buyer has nothing more to wait for. An expired or
// cancelled order counts: only a late payment, which the buyer makes, moves it.
func (s OrderStatus) Final() bool {
	return s != OrderQueued && s != OrderAwaitingPayment && s != OrderRefundDue
}

// HoldsStock tells whether the order's units are reserved or sold.
func (s OrderStatus) HoldsStock() bool {
	return s == OrderQueued || s == OrderAwaitingPayment || s == OrderPaid
}

func predecessors[S interface {
	comparable
	CanBecome(S) bool
}](all []S, to S) []S {
	var from []S
	for _, s := range all {
		if s.CanBecome(to) {
			from = append(from, s)
		}
	}
	return from
}
