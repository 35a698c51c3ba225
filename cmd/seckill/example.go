package main

import (
	"bytes"
	"context"
	"time"

	"github.com/seckill-go/seckill/configs"
	"github.com/seckill-go/seckill/internal/salefile"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/web"
)

// exampleSale gives an empty store the sale of configs/example-sale.yaml, so
// that a first start has something to show. The recoverer loads it into Redis.
func (p *process) exampleSale(ids web.IDs) func(context.Context) error {
	return func(ctx context.Context) error {
		for failing := false; ; failing = true {
			err := p.makeExample(ctx, ids)
			if err == nil || ctx.Err() != nil {
				return nil
			}
			if !failing {
				p.log.Debug("the example sale has to wait", "error", err)
			}
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
}

// exampleActor is who made the example, for its log.
const exampleActor = "example"

func (p *process) makeExample(ctx context.Context, ids web.IDs) error {
	sales, err := p.stores.ledger.Sales(ctx, ledger.SaleQuery{Limit: 1})
	if err != nil || len(sales) > 0 {
		return err
	}
	examples, err := salefile.Read("example-sale.yaml", bytes.NewReader(configs.ExampleSale))
	if err != nil {
		return err
	}
	for _, example := range examples {
		sale := example.At(time.Now())
		if sale.ID, err = ids.Next(); err != nil {
			return err
		}
		if sale, _, err = p.stores.ledger.CreateSale(ledger.ActingAs(ctx, exampleActor), sale); err != nil {
			return err
		}
		if _, err = p.stores.ledger.TransitionSale(ctx, sale.ID, seckill.SaleReady, exampleActor); err != nil {
			return err
		}
		p.log.Info("made the example sale", "sale", sale.ID.String(), "opens_at", sale.StartsAt)
	}
	return nil
}
