package stockload

import (
	"context"
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/seckill-go/seckill/internal/database"
)

// Stock is what is sold from, seen from beside the callers.
type Stock interface {
	// Prepare makes goods of which there are many units, unless they are there.
	Prepare(ctx context.Context, goods []string) error
	// Left adds up what is available of goods.
	Left(ctx context.Context, goods []string) (int64, error)
	// Check says what is wrong with the stock's records.
	Check(ctx context.Context) error
}

// Bench measures one cell after the other.
type Bench struct {
	Processes *Processes
	Stock     Stock
	// DB is where the stock is, for what its server counts.
	DB *database.DB
	// Measure is how long each cell is measured, Warm how long it is sold before that.
	Warm, Measure time.Duration

	cells int
}

// Result is what was measured of a cell.
type Result struct {
	Cell
	// PerSecond are sales that were answered a second.
	PerSecond float64 `json:"sales_a_second"`
	// P50 and P99 are of the answers, in milliseconds.
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
	// Retries and Connection are those of an average sale; Connection is how long it had
	// a connection to the database, in milliseconds.
	Retries    float64 `json:"retries_a_sale"`
	Connection float64 `json:"connection_ms_a_sale"`
	// Waits is what the server counted meanwhile; nil where it does not.
	Waits *database.Waits `json:"waits,omitempty"`
	// Oversold are units that callers were told they had got, and that have not left the
	// stock.
	Oversold int64 `json:"units_oversold"`
	// Failed counts orders that were not sold, by the error's code.
	Failed map[string]int64 `json:"failed,omitempty"`
}

// NotSold is how many orders failed, whatever the reason.
func (r Result) NotSold() (orders int64) {
	for _, n := range r.Failed {
		orders += n
	}
	return orders
}

// Run measures a cell.
func (b *Bench) Run(ctx context.Context, c Cell) (Result, error) {
	b.cells++
	goods := GoodsNames(c.Goods)
	if err := b.Stock.Prepare(ctx, goods); err != nil {
		return Result{}, fmt.Errorf("prepare %d goods: %w", c.Goods, err)
	}
	before, err := b.Stock.Left(ctx, goods)
	if err != nil {
		return Result{}, err
	}
	waited, err := b.DB.Waits(ctx)
	if err != nil {
		return Result{}, err
	}
	// The time is in it, so that no number is that of an order of another run.
	orders := fmt.Sprintf("b%d-%d", time.Now().UnixNano(), b.cells)
	r, err := b.Processes.run(ctx, plan{Cell: c, Orders: orders, Warm: b.Warm, Measure: b.Measure})
	if err != nil {
		return Result{}, err
	}
	after, err := b.Stock.Left(ctx, goods)
	if err != nil {
		return Result{}, err
	}
	if err := b.Stock.Check(ctx); err != nil {
		return Result{}, err
	}
	result := b.result(c, r)
	result.Oversold = r.Units - (before - after)
	if waited != nil {
		now, err := b.DB.Waits(ctx)
		if err != nil {
			return Result{}, err
		}
		result.Waits = &database.Waits{Deadlocks: now.Deadlocks - waited.Deadlocks, Locks: now.Locks - waited.Locks}
	}
	return result, nil
}

func (b *Bench) result(c Cell, r record) Result {
	latency := hdrhistogram.Import(r.Latency)
	ms := func(us int64) float64 { return float64(us) / 1000 }
	sales := float64(max(1, r.Sales))
	return Result{Cell: c, PerSecond: float64(r.Sales) / b.Measure.Seconds(), P50: ms(latency.ValueAtQuantile(50)), P99: ms(latency.ValueAtQuantile(99)),
		Retries: float64(r.Retries) / sales, Connection: ms(r.Connections.Microseconds()) / sales, Failed: r.Failed}
}
