package mockpay

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

const (
	// afterHold is how long after the end of its hold a late payment arrives: the
	// order has expired by then.
	afterHold = 3 * time.Second
	// maxLate bounds how many late payments are under way. They are forgotten when
	// the process ends.
	maxLate = 1_000
)

// latePayments are those that will arrive once their order's time is up.
type latePayments struct{ waiting atomic.Int64 }

// payLate has the payment arrive when the order's hold is over.
func (h *Handler) payLate(a action, p seckill.Payment, o seckill.Order) error {
	if h.late.waiting.Add(1) > maxLate {
		h.late.waiting.Add(-1)
		return seckill.Unavailable(nil, "Too many late payments are under way.")
	}
	time.AfterFunc(max(0, o.HoldUntil.Sub(h.cfg.Clock()))+afterHold, func() {
		defer h.late.waiting.Add(-1)
		if _, err := h.tell(context.Background(), a, p); err != nil {
			h.cfg.Logger.Warn("a late mock payment was not told", "payment", p.ID, "error", err)
		}
	})
	return nil
}
