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
	// lookEvery is how often the gateway looks whether one is due.
	lookEvery = 500 * time.Millisecond
	// tellAtOnce is how many are told of at the same time.
	tellAtOnce = 16
)

// keep notes what the gateway alone knows: a payment that the shop has to ask for, or
// one that arrives when the order's hold is over.
func (h *Handler) keep(ctx context.Context, a action, f found) error {
	now := h.cfg.Clock()
	if !a.late {
		return h.cfg.Ledger.KeepMockPayment(ctx, f.payment.ID, now, time.Time{})
	}
	due := now
	if f.order.HoldUntil.After(now) {
		due = f.order.HoldUntil
	}
	return h.cfg.Ledger.KeepMockPayment(ctx, f.payment.ID, time.Time{}, due.Add(afterHold))
}

// Run tells the shop of late payments until ctx ends. What is due while no process
// runs is told of when one does again; twice, should a process die in between, which
// is what callbacks of any provider do.
func (h *Handler) Run(ctx context.Context) error {
	for {
		// Longer than telling takes. What is still there then is told of again: the shop
		// could not take it, or the process died.
		due, err := h.cfg.Ledger.ClaimMockPayments(ctx, tellAtOnce, 2*h.cfg.Wait)
		if err != nil && ctx.Err() == nil {
			h.cfg.Logger.Debug("late mock payments cannot be read", "error", err) // the ledger's own readers say so
		}
		var telling sync.WaitGroup
		for _, id := range due {
			telling.Go(func() { h.tellLate(ctx, id) })
		}
		telling.Wait()
		pause := lookEvery
		if len(due) == tellAtOnce {
			pause = 0
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// tellLate tells of one, and forgets it once the shop has said yes or no.
func (h *Handler) tellLate(ctx context.Context, id string) {
	p, err := h.cfg.Ledger.Payment(ctx, h.cfg.Provider, id)
	if err == nil {
		var told []delivery
		if told, err = h.tell(ctx, late, p); err == nil && told[0].unheard() {
			return // told of again when the claim is over
		}
	}
	if err == nil || seckill.CodeOf(err) == seckill.CodeNotFound {
		err = h.cfg.Ledger.DropMockPayment(context.WithoutCancel(ctx), id)
	}
	if err != nil && ctx.Err() == nil {
		h.cfg.Logger.Warn("a late mock payment was not told, trying again", "payment", id, "error", err)
	}
}
