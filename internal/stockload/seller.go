package stockload

import "context"

// Seller is a way to sell, as the callers of one process have it.
type Seller struct {
	// Sell takes the units of an order, or fails. An order is one unit of one goods.
	Sell func(ctx context.Context, orderNo, goods string) error
	// Retries counts, since it was opened, what was begun anew: transactions that the
	// database rolled back, and looks that were out of date.
	Retries func() int64
	// InUse is how many connections to the database are in use at this moment.
	InUse func() int
	Close func() error
}
