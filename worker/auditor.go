package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/ledger"
)

type auditorSQL interface {
	AtOneMoment(ctx context.Context, sale seckill.ID, read func(*ledger.Moment) error) error
	LogRepair(ctx context.Context, sale seckill.ID, actor, action string, details ...string) error
	salesSQL
}

type auditorRedis interface {
	Read(ctx context.Context, sale seckill.ID) (gate.Reading, error)
	OutboxAt(ctx context.Context, sale seckill.ID, r gate.Reading) (gate.Outbox, error)
	Held(ctx context.Context, sale seckill.ID, orders []seckill.ID) (map[seckill.ID]bool, error)
	ReleasedSince(ctx context.Context, sale seckill.ID, r gate.Reading) ([]seckill.ID, error)
	Repair(ctx context.Context, sale seckill.ID, r gate.Reading, available map[string]int64) error
	Now(ctx context.Context) (time.Time, error)
}

// Auditor checks that every unit of a sale is in exactly one place: available
// or in flight in Redis, reserved or sold in SQL, or on its way back.
//
// Redis and SQL cannot be read at one moment. So what SQL says is corrected, order by
// order, to the moment at which Redis was read; stocktaking.go says how, and why that
// is exact while the sale runs. Drift is reported only when two readings in a row find
// the same, after Patience.
type Auditor struct {
	SQL   auditorSQL
	Redis auditorRedis
	// Patience is how long drift is looked at again before it is believed.
	Patience time.Duration
	// Every is the pause between two rounds over all loaded sales.
	Every  time.Duration
	Leases leases
	// Owner names this process for the lease of LeaseTTL.
	Owner    string
	LeaseTTL time.Duration
	// Report is told of every audit in Run, for the metrics; may be nil.
	Report func(seckill.Audit)
	// DeadLetters adds to every audit what nobody could handle; nil in a process
	// that has no broker.
	DeadLetters *DeadLetterCensus
	Log         *slog.Logger
}

// Run audits every loaded sale in rounds until ctx ends, and logs drift as an error.
func (a *Auditor) Run(ctx context.Context) error {
	loop := sole{leases: a.Leases, name: "auditor", owner: a.Owner, ttl: a.LeaseTTL, pause: a.Every, log: a.Log}
	return loop.run(ctx, "auditor: reading counters", a.round)
}

func (a *Auditor) round(ctx context.Context) (more bool, err error) {
	a.warnOfDeadLetters(ctx)
	return false, eachLoaded(ctx, a.SQL, func(sale seckill.Sale) error {
		audit, err := a.Audit(ctx, sale.ID)
		switch code := seckill.CodeOf(err); {
		case err == nil:
			a.report(audit)
		case code == seckill.CodeConflict, code == seckill.CodeNotFound, errors.Is(err, gate.ErrLoading):
			a.Log.Debug("auditor: no reading this time", "sale", sale.ID.String(), "error", err)
		default:
			return err
		}
		return nil
	})
}

func (a *Auditor) report(audit seckill.Audit) {
	if a.Report != nil {
		a.Report(audit)
	}
	for _, item := range audit.Items {
		if item.Drift != 0 {
			a.Log.Error("STOCK DRIFT: units are missing (+) or double (-)", "sale", audit.SaleID.String(), "sku", item.SKU,
				"drift", item.Drift, "total", item.Total, "available", item.Available, "in_flight", item.InFlight,
				"reserved", item.Reserved, "sold", item.Sold, "releasing", item.Releasing)
		}
	}
}

// warnOfDeadLetters logs in each round that messages wait for a person.
func (a *Auditor) warnOfDeadLetters(ctx context.Context) {
	all := a.DeadLetters.Total(ctx)
	if all.Messages == 0 && all.Unreadable == 0 {
		return
	}
	a.Log.Error("DEAD LETTERS: messages that nobody could handle wait for a person; see seckill dead-letters list",
		"messages", all.Messages+all.Unreadable, "unreadable", all.Unreadable, "orders", all.Orders, "at_least", all.AtLeast)
}

// auditPause is between two readings.
const auditPause = 50 * time.Millisecond

// Audit reads one sale's counters and judges them. Errors: CodeNotFound when
// the sale is not in Redis or not in SQL; CodeConflict when it could not be told
// within Patience, since too many orders were on their way or no two readings
// found the same; CodeUnavailable when a service is away.
func (a *Auditor) Audit(ctx context.Context, sale seckill.ID) (seckill.Audit, error) {
	s, err := a.judge(ctx, sale, a.Patience)
	if err != nil {
		return seckill.Audit{}, err
	}
	letters := a.DeadLetters.Of(ctx, sale)
	s.audit.DeadLetters = &letters
	return s.audit, nil
}

// judge takes readings until one is conserved, or until two in a row found the
// same drift and patience is over.
func (a *Auditor) judge(ctx context.Context, sale seckill.ID, patience time.Duration) (stocktaking, error) {
	deadline := time.Now().Add(patience)
	var before stocktaking
	var unread error
	for readings := 1; ; readings++ {
		now, err := a.take(ctx, sale)
		switch {
		case seckill.CodeOf(err) == seckill.CodeConflict && err != nil:
			unread = err
		case err != nil:
			return stocktaking{}, err
		case now.audit.Conserved:
			return now, nil
		}
		if err == nil && readings == 1 {
			a.Log.Warn("auditor: a reading found drift, looking again", "sale", sale.String(), "items", now.audit.Items)
		}
		late := readings >= 2 && !time.Now().Before(deadline)
		if late && err == nil && before.sameDrift(now) {
			return now, nil
		}
		if late {
			break
		}
		before = now
		if !sleep(ctx, auditPause) {
			return stocktaking{}, context.Cause(ctx)
		}
	}
	return stocktaking{}, &seckill.Error{Code: seckill.CodeConflict, State: "moving",
		Detail: "no two readings of the sale found the same; ask again", RetryAfter: time.Second, Cause: unread}
}
