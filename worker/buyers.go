package worker

import (
	"context"
	"log/slog"

	"github.com/seckill-go/seckill/seckill"
)

// tellBuyers tells the pages that watch these orders of their new status. It may fail:
// pages poll as well.
func tellBuyers(ctx context.Context, changes announcing, log *slog.Logger, orders ...seckill.Order) {
	if len(orders) == 0 {
		return
	}
	list := make([]seckill.Change, len(orders))
	for i, o := range orders {
		list[i] = seckill.Change{OrderID: o.ID, Status: o.Status}
	}
	if err := changes.Publish(ctx, list...); err != nil {
		log.Debug("could not tell waiting buyers, they poll", "error", err)
	}
}
