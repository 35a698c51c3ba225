package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/seckill-go/seckill/internal/load"
	"github.com/seckill-go/seckill/seckill"
)

// bench is one run of `seckill bench`.
type bench struct {
	benchOptions
	client   *adminClient
	progress io.Writer

	name   string // of the run, unlike any other's
	tokens []string
	id     string // of the sale
}

// run makes the load and tells what came of it. An error says why there are no
// figures.
func (b *bench) run(ctx context.Context) (*benchReport, error) {
	if err := b.prepareSale(ctx); err != nil {
		return nil, err
	}
	if b.sale == "" {
		defer b.closeSale(ctx)
	}
	if err := b.awaitOpen(ctx); err != nil {
		return nil, err
	}
	b.warnOfLimits(ctx)
	result, err := b.buy(ctx)
	switch {
	case err != nil:
		return nil, err
	case ctx.Err() != nil:
		return nil, errors.New("interrupted: there are no figures")
	}
	report := newBenchReport(b, result)
	if err := b.awaitSettled(ctx, report); err != nil {
		return nil, err
	}
	return report, b.audit(ctx, report)
}

func (b *bench) path(of string) string { return "/api/v1/admin/sales/" + b.id + of }

// prepareSale makes a sale that is open at once, or looks at the one given.
func (b *bench) prepareSale(ctx context.Context) error {
	if b.sale != "" {
		b.id = b.sale
		return b.lookAtSale(ctx)
	}
	b.sku = "bench"
	now := time.Now().UTC().Truncate(time.Millisecond)
	// Should this process die, the sale ends by itself and is removed.
	ends := now.Add(b.duration + b.settleWithin + benchMargin)
	made := adminSale{}
	_, err := b.client.call(ctx, "POST", "/api/v1/admin/sales", adminSale{
		Key: seckill.BenchKeyPrefix + b.name, Name: "Load of seckill bench", StartsAt: now.Add(-time.Minute), EndsAt: ends,
		HoldSeconds: int64(b.hold / time.Second),
		Items:       []seckill.Item{{SKU: b.sku, Title: "A unit for seckill bench", Price: 100, Currency: "CNY", Total: b.stock, LimitPerBuyer: seckill.MaxUnitsPerLine}},
	}, &made)
	if err != nil {
		return fmt.Errorf("create a sale: %w", err)
	}
	b.id = made.ID.String()
	if _, err = b.client.call(ctx, "POST", b.path("/preload"), nil, nil); err != nil {
		return fmt.Errorf("preload sale %s: %w", b.id, err)
	}
	return nil
}

func (b *bench) lookAtSale(ctx context.Context) error {
	var sale adminSale
	if _, err := b.client.call(ctx, "GET", b.path(""), nil, &sale); err != nil {
		return err
	}
	if sale.State != string(seckill.SaleReady) {
		return errNo{fmt.Errorf("sale %s is %s: nobody can buy", b.id, sale.State)}
	}
	if b.sku == "" {
		b.sku = sale.Items[0].SKU
	}
	for _, it := range sale.Items {
		if it.SKU == b.sku {
			return nil
		}
	}
	return errNo{fmt.Errorf("sale %s has no item %s", b.id, b.sku)}
}

// closeSale ends the run's own sale, also after an interruption. Orders that
// nobody pays expire by themselves, and then a worker removes the sale.
func (b *bench) closeSale(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), adminTimeout)
	defer cancel()
	if _, err := b.client.call(ctx, "POST", b.path("/close"), nil, nil); err != nil {
		fmt.Fprintf(b.progress, "seckill: sale %s could not be closed, and stays open: %v\n", b.id, err)
	}
}

// benchMargin is what a run may take beside buying and settling.
const benchMargin = 10 * time.Minute

// warnOfLimits tells of limits of the server that the run is about to meet. One that
// cannot be read is no hindrance.
func (b *bench) warnOfLimits(ctx context.Context) {
	var system struct {
		Settings []struct{ Name, Value string } `json:"settings"`
	}
	if _, err := b.client.call(ctx, "GET", "/api/v1/admin/system", nil, &system); err != nil {
		return
	}
	for _, s := range system.Settings {
		limit, err := strconv.ParseFloat(s.Value, 64)
		if err != nil || limit <= 0 {
			continue
		}
		switch s.Name {
		case "limits.per_ip_rps":
			if b.rate == 0 || b.rate > limit {
				fmt.Fprintf(b.progress, "warning: %s is %s, and all requests of this run come from one address: most will be refused; set it to 0 (off) on the server\n", s.Name, s.Value)
			}
		case "limits.connections_per_ip":
			if float64(b.connections) > limit {
				fmt.Fprintf(b.progress, "warning: %s is %s: the rest of the %d connections will be refused; set it to 0 (off) on the server\n", s.Name, s.Value, b.connections)
			}
		case "limits.per_buyer_rps":
			if each := b.rate / float64(b.buyers); each > limit {
				fmt.Fprintf(b.progress, "warning: %s is %s, and each of %d buyers asks %.0f times a second: give more --buyers\n", s.Name, s.Value, b.buyers, each)
			}
		}
	}
}

const openPoll = 250 * time.Millisecond

// awaitOpen waits for the opening, as buyers see it.
func (b *bench) awaitOpen(ctx context.Context) error {
	told := false
	for {
		var sale struct {
			Status   seckill.Phase
			StartsAt string `json:"starts_at"`
		}
		_, err := b.client.call(ctx, "GET", "/api/v1/sales/"+b.id, nil, &sale)
		if tooMany(err) { // the limit of this address, after another run
			sale.Status = seckill.PhaseUpcoming
		} else if err != nil {
			return err
		}
		switch sale.Status {
		case seckill.PhaseLive, seckill.PhaseSoldOut:
			return nil
		case seckill.PhaseEnded:
			return errNo{fmt.Errorf("sale %s is over", b.id)}
		}
		if !told && err == nil {
			fmt.Fprintf(b.progress, "sale %s is %s, it opens at %s; waiting\n", b.id, sale.Status, sale.StartsAt)
			told = true
		}
		if err := wait(ctx, openPoll); err != nil {
			return err
		}
	}
}

func (b *bench) buy(ctx context.Context) (*load.Result, error) {
	type line struct {
		SKU      string `json:"sku"`
		Quantity int    `json:"quantity"`
	}
	body, err := json.Marshal(map[string][]line{"lines": {{b.sku, 1}}})
	if err != nil {
		return nil, err
	}
	source, err := load.Buy{URL: b.client.base, Sale: b.id, Tokens: b.tokens, Body: string(body), KeyPrefix: b.name + "-"}.Source()
	if err != nil {
		return nil, err
	}
	bar := newBar(b.progress, b.duration.Milliseconds(), "buying")
	defer bar.end()
	return load.Run(ctx, load.Config{
		URL: b.client.base, Connections: b.connections, Rate: b.rate, Duration: b.duration, Count: b.requests,
		Timeout: b.timeout, Source: source,
		Progress: func(p load.Progress) {
			bar.set(p.Elapsed.Milliseconds(), fmt.Sprintf("accepted %d, refused %d, failed %d", p.Accepted, p.Refused, p.Failed))
		},
	})
}

// benchStats is what the bench reads of a sale's stats.
type benchStats struct {
	Orders   map[seckill.OrderStatus]int64 `json:"orders"`
	InFlight int64                         `json:"orders_in_flight"`
}

const settledPoll = 50 * time.Millisecond

// awaitSettled waits until no order is on its way into SQL. The stats count
// orders in SQL, so they are asked for more rarely the more of them there are.
func (b *bench) awaitSettled(ctx context.Context, r *benchReport) error {
	bar := newBar(b.progress, r.Accepted, "waiting for the last order to be payable")
	defer bar.end()
	for until := time.Now().Add(b.settleWithin); ; {
		asked := time.Now()
		var stats benchStats
		if _, err := b.client.call(ctx, "GET", b.path("/stats"), nil, &stats); err != nil {
			return err
		}
		if stats.InFlight == 0 {
			r.Payable = max(0, time.Since(r.lastAnswer).Seconds())
			r.Orders = stats.Orders
			return nil
		}
		bar.set(r.Accepted-stats.InFlight, "")
		if time.Now().After(until) {
			return errNo{fmt.Errorf("no figures: %d orders are not in SQL %v after the last was accepted; do the workers run, and keep up?",
				stats.InFlight, b.settleWithin)}
		}
		if err := wait(ctx, max(settledPoll, 5*time.Since(asked))); err != nil {
			return err
		}
	}
}

// audit refuses the figures of a run that did not keep every unit and order.
func (b *bench) audit(ctx context.Context, r *benchReport) error {
	if _, err := b.client.call(ctx, "GET", b.path("/audit"), nil, &r.Audit); err != nil {
		return fmt.Errorf("no figures: the sale could not be audited: %w", err)
	}
	if !r.Audit.Conserved {
		return errNo{fmt.Errorf("no figures: the audit of sale %s is not clean: %w; see seckill audit %s", b.id, errDrift, b.id)}
	}
	if b.sale != "" {
		return nil // others may buy there as well
	}
	var recorded int64
	for _, n := range r.Orders {
		recorded += n
	}
	// What was not answered, or answered "ask again" because its commit took too long,
	// may have been accepted all the same.
	unknown := r.Failed + r.RefusedBy[string(seckill.CodeUnavailable)]
	if recorded < r.Accepted || recorded > r.Accepted+unknown {
		return errNo{fmt.Errorf("no figures: %d orders were accepted and %d got no answer or none for now, but SQL has %d of sale %s",
			r.Accepted, unknown, recorded, b.id)}
	}
	return nil
}
