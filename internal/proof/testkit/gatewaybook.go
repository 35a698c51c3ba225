package testkit

import (
	"context"
	"sync"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// GatewayBook is what the ledger keeps for the stand-in gateway, in memory. Gateways
// that share one are processes over the same store.
type GatewayBook struct {
	clock seckill.Clock

	mu     sync.Mutex
	paidAt map[string]time.Time
	tellAt map[string]time.Time
}

// NewGatewayBook makes an empty one.
func NewGatewayBook(clock seckill.Clock) *GatewayBook {
	return &GatewayBook{clock: clock, paidAt: map[string]time.Time{}, tellAt: map[string]time.Time{}}
}

// KeepMockPayment is the ledger's, as those below.
func (b *GatewayBook) KeepMockPayment(_ context.Context, id string, paidAt, tellAt time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.paidAt[id], b.tellAt[id] = paidAt, tellAt
	return nil
}

// MockPaidAt tells when a payment was paid.
func (b *GatewayBook) MockPaidAt(_ context.Context, id string) (time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.paidAt[id], nil
}

// ClaimMockPayments gives those that are due.
func (b *GatewayBook) ClaimMockPayments(_ context.Context, limit int, claim time.Duration) (ids []string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock()
	for id, at := range b.tellAt {
		if !at.IsZero() && !at.After(now) && len(ids) < limit {
			ids = append(ids, id)
			b.tellAt[id] = now.Add(claim)
		}
	}
	return ids, nil
}

// DropMockPayment forgets one.
func (b *GatewayBook) DropMockPayment(_ context.Context, id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.paidAt, id)
	delete(b.tellAt, id)
	return nil
}
