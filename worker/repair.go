package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// repairLogTimeout bounds the note on how a repair ended.
const repairLogTimeout = 5 * time.Second

// Repair makes a sale conserved of which two readings found the same drift: it sets what
// is available in Redis to what SQL and the outbox leave. It does so only while the sale
// is paused or has nothing in flight, and only if no unit has moved in Redis since the
// second reading. (Changes in SQL alone move no unit that Redis counts.) A conserved
// sale is left alone, so that a repair can be repeated. The sale's log says who repairs
// before it is done. A dry run changes nothing and tells what would be done.
//
// Errors: those of Audit; CodeConflict when it is refused.
func (a *Auditor) Repair(ctx context.Context, sale seckill.ID, actor string, dryRun bool) (seckill.Repair, error) {
	repair := seckill.Repair{SaleID: sale, DryRun: dryRun, Items: []seckill.RepairItem{}}
	s, err := a.judge(ctx, sale, a.Patience)
	if err != nil || s.audit.Conserved {
		return repair, err
	}
	available := make(map[string]int64)
	var details []string
	for _, it := range s.audit.Items {
		if it.Drift == 0 {
			continue
		}
		target := it.Available + it.Drift
		repair.Items = append(repair.Items, seckill.RepairItem{SKU: it.SKU, Drift: it.Drift, Available: it.Available, Target: target})
		details = append(details, fmt.Sprintf("%s: drift %d, available %d -> %d", it.SKU, it.Drift, it.Available, target))
		available[it.SKU] = target
	}
	refusal := s.refusal()
	switch {
	case refusal != nil && dryRun:
		repair.Refusal = refusal.Detail
		return repair, nil
	case refusal != nil:
		return repair, refusal
	case dryRun:
		return repair, nil
	}
	if err := a.SQL.LogRepair(ctx, sale, actor, ledger.RepairBegun, details...); err != nil {
		return repair, err
	}
	if err := a.Redis.Repair(ctx, sale, s.redis, available); err != nil {
		a.noteRefusal(ctx, sale, actor, err)
		return repair, err
	}
	a.Log.Warn("stock repaired: available was set as SQL has it", "sale", sale.String(), "actor", actor, "items", details)
	repair.Done = true
	return repair, nil
}

// refusal tells why a drifted sale cannot be repaired now. Redis checks again
// when it is done.
func (s stocktaking) refusal() *seckill.Error {
	no := func(format string, args ...any) *seckill.Error {
		e := seckill.Errorf(seckill.CodeConflict, format, args...)
		e.State = string(s.redis.State)
		return e
	}
	if s.redis.State != seckill.SalePaused && s.inFlight > 0 {
		return no("orders are in flight; pause the sale, or wait until they are settled")
	}
	drifted := false
	for _, it := range s.audit.Items {
		drifted = drifted || it.Drift != 0
		in, known := s.redis.Items[it.SKU]
		switch {
		case !known:
			return no("Redis has lost the item %s; its keys must be loaded anew", it.SKU)
		case in.Total != s.totals[it.SKU]:
			return no("a change of the total of %s is under way", it.SKU)
		case it.Available+it.Drift < 0 || it.Available+it.Drift > it.Total:
			return no("%s would have less than nothing available, or more than its total", it.SKU)
		}
	}
	if !drifted {
		return no("a counter is below zero though the sum is right; this needs a person")
	}
	return nil
}

func (a *Auditor) noteRefusal(ctx context.Context, sale seckill.ID, actor string, why error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), repairLogTimeout)
	defer cancel()
	action := ledger.RepairRefused
	if errors.Is(why, seckill.ErrOutcomeUnknown) {
		action = ledger.RepairUnknown
	}
	if err := a.SQL.LogRepair(ctx, sale, actor, action, string(seckill.CodeOf(why))); err != nil {
		a.Log.Error("the sale's log does not say how a repair ended", "sale", sale.String(), "outcome", action, "error", err)
	}
}
