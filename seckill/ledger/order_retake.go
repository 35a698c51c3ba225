package ledger

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
)

// How far it is with taking the units of an order again that was paid after it
// had ended. That happens once for an order, and while it is undecided the order
// has exactly one payment that is late.
const (
	retakeNone      = 0
	retakeUndecided = 1
	retakeDecided   = 2
)

// maxRetakeAttempts bounds how often Redis is asked again because it was loaded
// anew in between.
const maxRetakeAttempts = 4

// TakeAgain asks Redis for the units of an order that had ended: it holds them
// again, or says why not: that is the reason which the buyer reads. epoch is that of
// the load which did. What it holds it goes on holding when it is asked again, as long
// as the sale is not loaded anew.
type TakeAgain func(ctx context.Context, o seckill.Order) (refusal string, epoch int64, err error)

// Retake decides whether an order that was paid after it had ended gets its units
// again. Redis is asked first, so that it does not sell them meanwhile; SQL
// decides. The outcome is PaymentApplied when the order is paid now, and
// PaymentRefundDue when there was no unit, or when its buyer would have more than the
// limit with it: then the money goes back, and so does what Redis may hold. An order
// that is decided already stays as it is.
//
// Each step may be repeated, by anyone. After an error the order is undecided, or
// decided and found so the next time.
func (l *Ledger) Retake(ctx context.Context, o seckill.Order, take TakeAgain) (seckill.PaymentOutcome, seckill.Order, error) {
	for range maxRetakeAttempts {
		refusal, epoch, err := take(ctx, o)
		if seckill.CodeOf(err) == seckill.CodeNotFound && err != nil {
			refusal = ""
			epoch, err = l.takeWithoutRedis(ctx, o)
		}
		if err == nil {
			err = fault.Point(ctx, fault.RetakeTaken)
		}
		if err != nil {
			return "", seckill.Order{}, err
		}
		outcome, order, err := l.decideRetake(ctx, o, refusal, epoch)
		if err != nil {
			return "", seckill.Order{}, err
		}
		if outcome == seckill.PaymentRefundDue {
			l.log.WarnContext(ctx, "a payment came too late and has to go back", "order", o.ID.String(), "why", seckill.ReasonWord(order.Reason))
		}
		if outcome != "" {
			return outcome, order, nil
		}
	}
	return "", seckill.Order{}, seckill.Unavailable(nil, "sale %s is being restored", o.SaleID)
}

// takeWithoutRedis is for a sale that Redis does not have. If it is closed nobody
// else can get the units, so SQL alone decides; if not, it is about to be loaded.
func (l *Ledger) takeWithoutRedis(ctx context.Context, o seckill.Order) (epoch int64, err error) {
	sale, err := l.Sale(ctx, o.SaleID)
	if err != nil {
		return 0, err
	}
	if sale.State != seckill.SaleClosed {
		return 0, seckill.Unavailable(nil, "sale %s is not loaded in Redis", o.SaleID)
	}
	return sale.Epoch, nil
}

// decideRetake is the one transaction that decides. The outcome is empty when
// what Redis said is of a load that is over.
func (l *Ledger) decideRetake(ctx context.Context, o seckill.Order, refusal string, epoch int64) (outcome seckill.PaymentOutcome, _ seckill.Order, err error) {
	var order seckill.Order
	err = l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		outcome = ""
		now, err := epochOf(tx, l.db.Dialect, o.SaleID)
		if err != nil || now != epoch {
			return err
		}
		undecided, err := l.lockOrders(tx, []int64{int64(o.ID)}, "retake = ?", retakeUndecided)
		if err != nil {
			return err
		}
		if len(undecided) == 0 {
			order, err = loadOrder(tx, o.ID)
			outcome = outcomeOf(order)
			return err
		}
		if err := l.finishRetake(tx, undecided, refusal); err != nil {
			return err
		}
		order = undecided[0].Order
		outcome = outcomeOf(order)
		return nil
	})
	return outcome, order, err
}

// outcomeOf is what became of the late payment of an order.
func outcomeOf(o seckill.Order) seckill.PaymentOutcome {
	if o.Status == seckill.OrderPaid {
		return seckill.PaymentApplied
	}
	return seckill.PaymentRefundDue
}

// finishRetake gives the order, which is alone in its list, its units again, or
// makes its money go back, for the reason that Redis gave or that SQL finds.
func (l *Ledger) finishRetake(tx *gorm.DB, orders []lockedOrder, refusal string) error {
	if refusal == "" {
		var err error
		if refusal, err = l.reserveAgain(tx, orders[0].Order); err != nil {
			return err
		}
	}
	now, id := l.now(), int64(orders[0].ID)
	payment, c := paymentRefundDue, change{to: seckill.OrderRefundDue, reason: refusal, stock: stockReleasing}
	if refusal == "" {
		payment, c = paymentSucceeded, change{to: seckill.OrderPaid, stock: stockReserved}
		if err := addHistory(tx, plain(orders), StockRetake, now); err != nil {
			return err
		}
	}
	if err := database.MustChange(tx, 1, "UPDATE orders SET retake = ? WHERE id = ? AND retake = ?", retakeDecided, id, retakeUndecided); err != nil {
		return err
	}
	err := database.MustChange(tx, 1, "UPDATE payments SET status = ?, updated_at = ? WHERE order_id = ? AND status = ?", payment, now, id, paymentLate)
	if err != nil {
		return err
	}
	c.from = orders[0].Status
	return l.transition(tx, orders, c, now)
}

// reserveAgain takes the units of an order that was paid late, or tells why it does not
// get them. SQL looks at the limit per buyer too, for Redis may not have the sale, or
// have forgotten orders of it. Of two orders of one buyer the second waits for the
// items' locks, and then sees the first.
func (l *Ledger) reserveAgain(tx *gorm.DB, o seckill.Order) (refusal string, err error) {
	one := []seckill.Order{o}
	units := unitsOf(one)
	items, err := lockItems(tx, l.db.Dialect, units)
	if err != nil {
		return "", err
	}
	held, err := heldBefore(tx, one, map[seckill.ID]bool{o.SaleID: true})
	if err != nil {
		return "", err
	}
	switch whyNot(o, items, held) {
	case "":
		return "", reserveLocked(tx, units)
	case seckill.ReasonLimitExceeded:
		return seckill.ReasonPaidLateLimit, nil
	}
	return seckill.ReasonPaidLate, nil
}

// askRetake notes of orders that had ended that they were paid, so that their units
// are wanted again.
func (l *Ledger) askRetake(tx *gorm.DB, orders []int64) error {
	return database.MustChange(tx, len(orders), "UPDATE orders"+l.db.ByPrimary+" SET retake = ? WHERE id IN ? AND retake = ?",
		retakeUndecided, orders, retakeNone)
}

// withdrawRetake ends retakes whose money went back before they were decided: the
// orders stay ended, and what Redis may hold for them comes back.
func (l *Ledger) withdrawRetake(tx *gorm.DB, orders []int64) error {
	return database.MustChange(tx, len(orders), "UPDATE orders"+l.db.ByPrimary+" SET retake = ?, stock_state = ? WHERE id IN ? AND retake = ?",
		retakeDecided, stockReleasing, orders, retakeUndecided)
}

const maxUndecided = 1_000

// UndecidedRetakes lists orders with a late payment of which nobody has decided
// for a while, the longest waiting first. limit is 1 to 1,000; 0 means 1,000.
func (l *Ledger) UndecidedRetakes(ctx context.Context, age time.Duration, limit int) ([]seckill.Order, error) {
	var orders []seckill.Order
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		var rows []orderRow
		err := db.Raw("SELECT o.* FROM payments p JOIN orders o ON o.id = p.order_id WHERE p.status = ? AND p.updated_at <= ?"+
			" ORDER BY p.updated_at LIMIT ?", paymentLate, l.now()-age.Milliseconds(), database.Bounded(limit, maxUndecided)).Scan(&rows).Error
		if err != nil {
			return err
		}
		orders, err = loadLines(db, rows)
		return err
	})
	if err != nil || len(orders) == 0 {
		return nil, err
	}
	return orders, l.Durable(ctx)
}
