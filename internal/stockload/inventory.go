package stockload

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill/inventory"
)

// OfInventory is the way to sell that an inventory has.
func OfInventory(i *inventory.Inventory, db *database.DB) Seller {
	return Seller{
		Sell: func(ctx context.Context, orderNo, goods string) error {
			_, err := i.Sell(ctx, inventory.Order{OrderNo: orderNo, User: "bench", Lines: []inventory.Line{{Goods: goods, Quantity: 1}}})
			return err
		},
		Retries: i.Retried,
		InUse:   db.InUse,
		Close:   i.Close,
	}
}

// InventoryStock is the stock of an inventory.
type InventoryStock struct{ Inventory *inventory.Inventory }

var _ Stock = InventoryStock{}

// Prepare is Stock's.
func (s InventoryStock) Prepare(ctx context.Context, goods []string) error {
	many := int64(inventory.MaxOnHand)
	for batch := range slices.Chunk(goods, inventory.MaxBatch) {
		var unknown *inventory.UnknownError
		if _, err := s.Inventory.BatchInvDetail(ctx, batch); err == nil {
			continue
		} else if !errors.As(err, &unknown) {
			return err
		}
		for _, name := range unknown.Goods {
			if _, err := s.Inventory.SetInv(ctx, inventory.Set{Goods: name, To: &many, Actor: "bench", Reason: "a measurement"}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Left is Stock's.
func (s InventoryStock) Left(ctx context.Context, goods []string) (left int64, err error) {
	for batch := range slices.Chunk(goods, inventory.MaxBatch) {
		details, err := s.Inventory.BatchInvDetail(ctx, batch)
		if err != nil {
			return 0, err
		}
		for _, g := range details {
			left += g.Available
		}
	}
	return left, nil
}

// ErrNotClean says that the stock's counters and records do not agree.
var ErrNotClean = errors.New("the audit of the stock is not clean")

// Check is Stock's: the inventory's own audit.
func (s InventoryStock) Check(ctx context.Context) error {
	findings, err := s.Inventory.Audit(ctx)
	if err == nil && len(findings) > 0 {
		err = fmt.Errorf("%w: %d goods, of which the first is %s", ErrNotClean, len(findings), findings[0].Goods.Goods)
	}
	return err
}
