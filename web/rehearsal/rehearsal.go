package rehearsal

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/seckill/payment"
	"github.com/seckill-go/seckill/web"
)

// Bounds of a rehearsal.
const (
	maxBuyers  = 10_000
	maxSeconds = 60
	// hold is short, so that units that nobody pays for come back while one
	// looks on. There is one such duration: the broker keeps a queue for each.
	hold = 10 * time.Second
	// lead is the time between the making of the copy and its opening.
	lead = 3 * time.Second
	// providerName is the payment provider of rehearsals. It has no API that
	// anybody would ask, and a secret that nobody else knows.
	providerName = "rehearsal"
	actor        = "rehearsal"
)

// crowdPlan is what an operator wants to see.
type crowdPlan struct {
	// Buyers of the crowd, and for how many Seconds the sale is open.
	Buyers  int `json:"buyers"`
	Seconds int `json:"seconds"`
	// Units of all items together, in the proportions of the sale. 0: as many as it
	// has.
	Units int64 `json:"units"`
	// PayPercent of those who got an order pay; TwicePercent of all click twice.
	PayPercent   int `json:"pay_percent"`
	TwicePercent int `json:"twice_percent"`
}

func (p crowdPlan) check() error {
	for _, f := range []struct {
		name        string
		value       int64
		least, most int64
	}{
		{"buyers", int64(p.Buyers), 1, maxBuyers},
		{"seconds", int64(p.Seconds), 5, maxSeconds},
		{"units", p.Units, 0, seckill.MaxStock},
		{"pay_percent", int64(p.PayPercent), 0, 100},
		{"twice_percent", int64(p.TwicePercent), 0, 100},
	} {
		if f.value < f.least || f.value > f.most {
			return seckill.Invalid(f.name, "must be %d to %d", f.least, f.most)
		}
	}
	return nil
}

// rehearsals runs one rehearsal at a time.
type rehearsals struct {
	cfg      Config
	handler  http.Handler
	clock    *web.RedisClock
	provider *payment.Standard
	secret   string

	mu       sync.Mutex
	newest   *rehearsal
	stop     context.CancelFunc
	draining bool
}

func newRehearsals(server *web.Server, cfg Config) (*rehearsals, error) {
	r := &rehearsals{cfg: cfg, handler: server.Handler(), clock: server.Clock, secret: payment.NewSecret()}
	var err error
	r.provider, err = payment.NewStandard(payment.StandardConfig{Secrets: []string{r.secret}, CheckoutURL: "/?payment={payment_id}", Clock: cfg.Clock})
	return r, err
}

// provider is the provider under its own name, so that nothing that it tells
// meets a payment of a real one.
type provider struct{ *payment.Standard }

func (provider) Name() string { return providerName }

func (p provider) Verify(h http.Header, body []byte) (seckill.PaymentEvent, error) {
	e, err := p.Standard.Verify(h, body)
	e.Provider = providerName
	return e, err
}

// begin makes the copy, loads it and lets the crowd come.
func (r *rehearsals) begin(ctx context.Context, of seckill.ID, plan crowdPlan) (report, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.draining {
		return report{}, seckill.Unavailable(nil, "The process is about to stop.")
	}
	if r.newest != nil && r.newest.running() {
		return report{}, conflict()
	}
	sale, err := r.copy(ctx, of, plan)
	if err != nil {
		return report{}, err
	}
	if _, err := r.cfg.Operators.Preload(ctx, sale.ID, actor); err != nil {
		return report{}, err
	}
	run := newRehearsal(r, of, sale, plan)
	life, stop := context.WithCancel(web.WithRehearsal(context.WithoutCancel(ctx)))
	r.newest, r.stop = run, stop
	go func() {
		defer stop()
		run.run(life)
	}()
	return run.status(), nil
}

func conflict() error {
	return &seckill.Error{Code: seckill.CodeConflict, State: "rehearsing", RetryAfter: 10 * time.Second,
		Detail: "There is a rehearsal already, or the last one is still being cleared away. Ask again in half a minute."}
}

// copy writes the sale that the crowd buys at. Its key keeps a second one out, of
// whatever process.
func (r *rehearsals) copy(ctx context.Context, of seckill.ID, plan crowdPlan) (seckill.Sale, error) {
	source, err := r.cfg.Ledger.Sale(ctx, of)
	if err != nil {
		return source, err
	}
	if source.Rehearsal() {
		return source, &seckill.Error{Code: seckill.CodeConflict, State: string(source.State), Detail: "A rehearsal is not rehearsed."}
	}
	sale := source
	if sale.ID, err = r.cfg.Operators.NewSaleID(); err != nil {
		return sale, err
	}
	now := r.clock.Now(ctx).UTC().Truncate(time.Millisecond)
	sale.Entry, sale.EntriesUntil = seckill.EntryOpen, time.Time{} // its crowd buys
	sale.Key, sale.State, sale.CreatedAt, sale.Hold = seckill.RehearsalKey, seckill.SaleDraft, now, hold
	sale.StartsAt, sale.StartsIn = now.Add(lead), nil
	sale.EndsAt = sale.StartsAt.Add(time.Duration(plan.Seconds) * time.Second)
	sale.Items = scaled(source.Items, plan.Units)
	sale, _, err = r.cfg.Ledger.CreateSale(ledger.ActingAs(ctx, actor), sale)
	if seckill.CodeOf(err) == seckill.CodeConflict && err != nil {
		return sale, conflict()
	}
	return sale, err
}

// scaled gives the items units in all, in their proportions; what is left over by
// rounding goes to the first ones. 0 leaves them as they are.
func scaled(items []seckill.Item, units int64) []seckill.Item {
	list := append([]seckill.Item(nil), items...)
	var total int64
	for i, it := range list {
		total += it.Total
		list[i].GoodsID = "" // the crowd buys nothing of the shop's stock
	}
	if units == 0 || total == 0 {
		return list
	}
	rest := units
	for i := range list {
		// A total is at most 10^7 and there are at most 100 items: it does not overflow.
		list[i].Total = units * list[i].Total / total
		rest -= list[i].Total
	}
	for i := 0; rest > 0; i = (i + 1) % len(list) {
		list[i].Total++
		rest--
	}
	return list
}

// end stops the crowd of a rehearsal that runs.
func (r *rehearsals) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stop != nil {
		r.stop()
	}
}

// setDraining ends a rehearsal with the process, and keeps another from beginning.
func (r *rehearsals) setDraining(on bool) {
	r.mu.Lock()
	r.draining = on
	r.mu.Unlock()
	if on {
		r.end()
	}
}

// now is the rehearsal that runs, or the last one of this process.
func (r *rehearsals) now() *report {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.newest == nil {
		return nil
	}
	status := r.newest.status()
	return &status
}
