package mockpay

import (
	"context"
	"sync"
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

// latePayments are those that will arrive once their order's time is up, each once
// however often it is asked for: else one buyer could take every place.
type latePayments struct {
	mu      sync.Mutex
	waiting map[string]struct{} // by payment id
}

// add takes a place for a payment. It is new unless the payment has one already.
func (l *latePayments) add(id string) (isNew bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, waits := l.waiting[id]; waits {
		return false, nil
	}
	if len(l.waiting) >= maxLate {
		return false, seckill.Unavailable(nil, "Too many late payments are under way.")
	}
	if l.waiting == nil {
		l.waiting = map[string]struct{}{}
	}
	l.waiting[id] = struct{}{}
	return true, nil
}

func (l *latePayments) remove(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.waiting, id)
}

// payLate has the payment arrive when the order's hold is over.
func (h *Handler) payLate(a action, p seckill.Payment, o seckill.Order) error {
	isNew, err := h.late.add(p.ID)
	if err != nil || !isNew {
		return err
	}
	time.AfterFunc(max(0, o.HoldUntil.Sub(h.cfg.Clock()))+afterHold, func() {
		defer h.late.remove(p.ID)
		if _, err := h.tell(context.Background(), a, p); err != nil {
			h.cfg.Logger.Warn("a late mock payment was not told", "payment", p.ID, "error", err)
		}
	})
	return nil
}
