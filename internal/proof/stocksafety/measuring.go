package stocksafety

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/database/schema"
	"github.com/seckill-go/seckill/internal/stockload"
	"github.com/seckill-go/seckill/seckill/inventory"
)

// processes that the callers are in: what one keeps to itself does not help the other.
const processes = 2

// Measuring sells at a place, which has an empty database.
type Measuring struct {
	safe, unsafe *stockload.Bench
	closers      []func() error
}

// Measure starts the callers.
func Measure(ctx context.Context, p Place, measure, warm time.Duration) (m *Measuring, err error) {
	m = &Measuring{}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.Close())
		}
	}()
	db, err := p.open()
	if err != nil {
		return m, err
	}
	m.closers = append(m.closers, db.Close)
	if _, err := schema.Up(ctx, db); err != nil {
		return m, err
	}
	pool, err := db.Writes.DB()
	if err != nil {
		return m, err
	}
	i, err := inventory.New(inventory.Config{DB: db})
	if err != nil {
		return m, err
	}
	m.closers = append(m.closers, i.Close)
	callers, err := stockload.Start(processes, p.command)
	if err != nil {
		return m, err
	}
	m.closers = append(m.closers, callers.Close)
	of := func(s stockload.Stock, db *database.DB) *stockload.Bench {
		return &stockload.Bench{Processes: callers, Stock: s, DB: db, Measure: measure, Warm: warm}
	}
	m.safe, m.unsafe = of(stockload.InventoryStock{Inventory: i}, db), of(unsafeStock{pool}, db)
	return m, nil
}

// Run measures a cell.
func (m *Measuring) Run(ctx context.Context, c stockload.Cell) (stockload.Result, error) {
	if slices.Contains(Unsafe, c.Way) {
		return m.unsafe.Run(ctx, c)
	}
	return m.safe.Run(ctx, c)
}

// Close ends the callers.
func (m *Measuring) Close() error {
	var all error
	for _, c := range slices.Backward(m.closers) {
		all = errors.Join(all, c())
	}
	m.closers = nil
	return all
}
