package gate

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// An item that somebody waits for has a mark in Redis. While it is there, units of it go
// to nobody but those whom Offer names, and to orders that were lost; all others are told
// that it is sold out.

// waitedField is where the stock of a sale has an item's mark. No SKU begins so.
func waitedField(sku string) string { return "#waited:" + sku }

// SetWaited marks an item. SQL has who waits for it, and a load is told, so a sale that
// is not loaded (CodeNotFound) or being loaded is no reason to lose a place.
func (g *Gate) SetWaited(ctx context.Context, sale seckill.ID, sku string) error {
	_, err := g.setWaited(ctx, sale, sku, "")
	return err
}

// ClearWaited takes the mark away that an item had, and no later one: then somebody has
// come to wait since, and cleared is false.
func (g *Gate) ClearWaited(ctx context.Context, sale seckill.ID, sku string, mark int64) (cleared bool, err error) {
	cleared, err = g.setWaited(ctx, sale, sku, strconv.FormatInt(mark, 10))
	if cleared {
		g.stockMoved(ctx, sale) // for everybody else they have come back just now
	}
	return cleared, err
}

func (g *Gate) setWaited(ctx context.Context, sale seckill.ID, sku, mark string) (done bool, err error) {
	word, err := g.call(ctx, setWaitedScript, sale, sku, mark).Text()
	if err != nil {
		return false, writeFailed(err)
	}
	switch word {
	case "ok":
		return true, nil
	case "other":
		return false, nil
	case "item":
		return false, seckill.Errorf(seckill.CodeNotFound, "there is no item %s in this sale", sku)
	}
	return false, loaded(sale, word)
}

// Offered is what became of a request that units were offered to.
type Offered struct {
	seckill.Admission
	// Err is as Admit's.
	Err error
}

// MaxOffers is the most requests of one call of Offer.
const MaxOffers = maxBatchLimit

// Offer admits requests of those who wait, in order, before anybody else and with a hold
// of their own. A request whose order is known already is answered with it, so all of them
// may be sent again. An error means that it is not known what became of any of them.
func (g *Gate) Offer(ctx context.Context, sale seckill.ID, hold time.Duration, requests []seckill.Request) ([]Offered, error) {
	if len(requests) > MaxOffers {
		return nil, seckill.Invalid("requests", "must be at most %d", MaxOffers)
	}
	claims := make([]claim, len(requests))
	for i, r := range requests {
		if err := checkRequest(r); err != nil {
			return nil, err
		}
		claims[i] = claim{Request: r}
	}
	reply, err := g.sendBatch(sale, claims, manner{offered: hold})
	if err != nil {
		return nil, writeFailed(err)
	}
	v, err := readVerdicts(reply, len(claims))
	if err != nil {
		return nil, fmt.Errorf("gate: offers of sale %s: %w", sale, err)
	}
	offers := make([]Offered, len(claims))
	for i, c := range claims {
		offers[i].Admission, offers[i].Err = v.outcome(i, c.Request)
	}
	return offers, nil
}
