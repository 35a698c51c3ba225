package worker

import (
	"context"
	"log/slog"
	"maps"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
)

type auditorSQL interface {
	Counters(ctx context.Context, sale seckill.ID) ([]seckill.ItemCounters, error)
	salesSQL
}

type auditorRedis interface {
	Counters(ctx context.Context, sale seckill.ID) (map[string]gate.Counters, error)
	Now(ctx context.Context) (time.Time, error)
}

// Auditor checks that every unit of a sale is in exactly one place: available
// or in flight in Redis, reserved or sold in SQL, or on its way back.
//
// Redis and SQL cannot be read at one moment, and a unit that moves from one to
// the other is for some milliseconds in both. So a reading counts only when
// Redis said the same before and after SQL was read, and drift counts only when
// it stands in every reading for Patience. A sale that moves too fast to be
// read is reported as such, never as conserved.
type Auditor struct {
	SQL   auditorSQL
	Redis auditorRedis
	// Patience is how long a reading is tried before drift is believed.
	Patience time.Duration
	// Every is the pause between two rounds over all loaded sales.
	Every  time.Duration
	Leases leases
	// Owner names this process for the lease of LeaseTTL.
	Owner    string
	LeaseTTL time.Duration
	// Report is told of every audit in Run, for the metrics; may be nil.
	Report func(seckill.Audit)
	Log    *slog.Logger
}

// Run audits every loaded sale in rounds until ctx ends, and logs drift loudly.
func (a *Auditor) Run(ctx context.Context) error {
	loop := sole{leases: a.Leases, name: "auditor", owner: a.Owner, ttl: a.LeaseTTL, pause: a.Every, log: a.Log}
	return loop.run(ctx, "auditor: reading counters", a.round)
}

func (a *Auditor) round(ctx context.Context) (more bool, err error) {
	return false, eachLoaded(ctx, a.SQL, func(sale seckill.Sale) error {
		audit, err := a.Audit(ctx, sale.ID)
		switch code := seckill.CodeOf(err); {
		case err == nil:
			a.report(audit)
		case code == seckill.CodeConflict, code == seckill.CodeNotFound:
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

// auditPause lets a unit that is between two systems arrive.
const auditPause = 50 * time.Millisecond

// Audit reads one sale's counters and judges them. Errors: CodeNotFound when
// the sale is not in Redis or not in SQL; CodeConflict when the sale moved too
// fast to be read within Patience; CodeUnavailable when a service is away.
func (a *Auditor) Audit(ctx context.Context, sale seckill.ID) (seckill.Audit, error) {
	deadline := time.Now().Add(a.Patience)
	var last *seckill.Audit
	for {
		audit, steady, err := a.read(ctx, sale)
		if err != nil {
			return seckill.Audit{}, err
		}
		if steady && audit.Conserved {
			return audit, nil
		}
		if steady {
			last = &audit
		}
		if time.Now().After(deadline) {
			break
		}
		if !sleep(ctx, auditPause) {
			return seckill.Audit{}, context.Cause(ctx)
		}
	}
	if last == nil {
		return seckill.Audit{}, &seckill.Error{Code: seckill.CodeConflict, State: "moving",
			Detail: "the sale moves too fast to be read at one moment; ask again", RetryAfter: time.Second}
	}
	return *last, nil
}

// read takes one reading; steady tells whether Redis stood still meanwhile.
func (a *Auditor) read(ctx context.Context, sale seckill.ID) (audit seckill.Audit, steady bool, err error) {
	before, err := a.Redis.Counters(ctx, sale)
	if err != nil {
		return audit, false, err
	}
	items, err := a.SQL.Counters(ctx, sale)
	if err != nil {
		return audit, false, err
	}
	after, err := a.Redis.Counters(ctx, sale)
	if err != nil {
		return audit, false, err
	}
	now, err := a.Redis.Now(ctx)
	if err != nil {
		return audit, false, err
	}
	for i := range items {
		items[i].Available, items[i].InFlight = after[items[i].SKU].Available, after[items[i].SKU].InFlight
	}
	return seckill.NewAudit(sale, now, items), maps.Equal(before, after), nil
}
