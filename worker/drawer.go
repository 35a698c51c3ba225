package worker

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/fair"
)

type drawerSQL interface {
	DueDraws(ctx context.Context, now int64) ([]seckill.ID, error)
	Draw(ctx context.Context, sale seckill.ID) (seckill.Draw, error)
	CloseDraw(ctx context.Context, sale seckill.ID) error
	EachEntry(ctx context.Context, sale seckill.ID, each func(seckill.DrawEntry) error) error
	CommitDraw(ctx context.Context, d seckill.Draw, entries map[string]int64) (committed bool, err error)
	PutRanks(ctx context.Context, sale seckill.ID, sku string, buyers []string) error
	FinishDraw(ctx context.Context, sale seckill.ID, signature []byte) error
	SetDrawTrouble(ctx context.Context, sale seckill.ID, trouble string) error
	Waiting(ctx context.Context, sale seckill.ID) (map[string]int64, error)
	PlaceRanks(ctx context.Context, sale seckill.ID, sku string, waiting int) (placed int64, err error)
}

type drawerClock interface {
	Now(ctx context.Context) (time.Time, error)
}

// Drawer makes draws: it ends the taking of entries, commits to their list and to a round
// of public randomness that is still to come, ranks the entries by that, and puts them
// into the waitlist in that order, where the Offerer gives them their turns.
//
// Each step is one change of the draw's state in SQL, made of nothing but what the state
// before it has fixed. So a step that is repeated, by whoever takes over, comes to the
// same.
type Drawer struct {
	SQL    drawerSQL
	Clock  drawerClock
	Beacon fair.Beacon
	Leases leases
	// Owner names this process for the lease of LeaseTTL.
	Owner    string
	LeaseTTL time.Duration
	Log      *slog.Logger
}

const (
	drawerEvery = 200 * time.Millisecond
	// beaconTimeout bounds one question for a round.
	beaconTimeout = 10 * time.Second
	// placedAhead is how many of an item's ranks are in the waitlist at a time: as many as
	// may get a unit at once, and not all who entered, since all of it is read often.
	placedAhead = 2_000
)

// Run draws until ctx ends.
func (d *Drawer) Run(ctx context.Context) error {
	loop := sole{leases: d.Leases, name: "drawer", owner: d.Owner, ttl: d.LeaseTTL, pause: drawerEvery, log: d.Log}
	return loop.run(ctx, "drawer: making draws", d.step)
}

func (d *Drawer) step(ctx context.Context) (more bool, err error) {
	now, err := d.Clock.Now(ctx)
	if err != nil {
		return false, err
	}
	due, err := d.SQL.DueDraws(ctx, now.UnixMilli())
	if err != nil {
		return false, err
	}
	var failed error // one draw must not hold up the others
	for _, id := range due {
		moved, err := d.advance(ctx, id, now)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("draw of sale %s: %w", id, err))
		}
		more = more || moved
	}
	return more && failed == nil, failed
}

// advance takes a draw one step on, if it is time for one.
func (d *Drawer) advance(ctx context.Context, id seckill.ID, now time.Time) (moved bool, err error) {
	draw, err := d.SQL.Draw(ctx, id)
	if err != nil {
		return false, err
	}
	switch draw.State {
	case seckill.DrawEntering:
		if err := d.SQL.CloseDraw(ctx, id); err != nil {
			return false, err
		}
		return true, fault.Point(ctx, fault.DrawerClosed)
	case seckill.DrawClosing:
		return d.commit(ctx, draw, now)
	case seckill.DrawCommitted:
		if now.Before(draw.Beacon.TimeOf(draw.Round)) {
			return false, nil
		}
		return d.reveal(ctx, draw)
	}
	return d.place(ctx, draw)
}

// commit publishes what the outcome will depend on, while nobody can know it.
func (d *Drawer) commit(ctx context.Context, draw seckill.Draw, now time.Time) (moved bool, err error) {
	now = now.Truncate(time.Millisecond) // as it is published
	var tree fair.Tree
	entries := make(map[string]int64)
	err = d.SQL.EachEntry(ctx, draw.SaleID, func(e seckill.DrawEntry) error {
		var hash fair.Hash
		if _, err := hex.Decode(hash[:], []byte(e.Hash)); err != nil {
			return err
		}
		tree.Add(hash, e.SKU)
		entries[e.SKU]++
		return nil
	})
	if err != nil {
		return false, err
	}
	draw.Root, draw.Entries, draw.Round, draw.CommittedAt = tree.Root().String(), tree.Size(), draw.RoundFor(now), now
	ctx, cancel := context.WithTimeout(ctx, draw.Beacon.TimeOf(draw.Round).Sub(now)*3/4)
	defer cancel()
	committed, err := d.SQL.CommitDraw(ctx, draw, entries)
	if err != nil {
		return false, err
	}
	if committed && draw.Round != draw.PlannedRound {
		d.Log.Warn("drawer: a commitment came too late for the round that was announced, and is to a later one; look at why no worker made it in time",
			"sale", draw.SaleID.String(), "announced", draw.PlannedRound, "late", now.Sub(draw.EntriesUntil))
	}
	if committed && draw.Entries == 0 {
		d.Log.Warn("drawer: nobody has entered a draw, so its units are for anybody", "sale", draw.SaleID.String())
	}
	if committed {
		d.Log.Info("drawer: committed to the entries of a draw", "sale", draw.SaleID.String(), "entries", draw.Entries, "root", draw.Root,
			"beacon", draw.Beacon.Kind, "round", draw.Round, "at", draw.Beacon.TimeOf(draw.Round))
	}
	return true, fault.Point(ctx, fault.DrawerCommitted)
}

// reveal ranks the entries by the round that was committed to, and by no other: where it
// cannot be had the draw waits.
func (d *Drawer) reveal(ctx context.Context, draw seckill.Draw) (moved bool, err error) {
	signature, err := d.signature(ctx, draw)
	if err != nil {
		return false, d.wait(ctx, draw, err)
	}
	hashes, buyers := make(map[string][]fair.Hash), make(map[string][]string)
	err = d.SQL.EachEntry(ctx, draw.SaleID, func(e seckill.DrawEntry) error {
		var hash fair.Hash
		_, err := hex.Decode(hash[:], []byte(e.Hash))
		hashes[e.SKU], buyers[e.SKU] = append(hashes[e.SKU], hash), append(buyers[e.SKU], e.Buyer)
		return err
	})
	if err != nil {
		return false, err
	}
	randomness := fair.Randomness(signature)
	for sku, list := range hashes {
		ranked := make([]string, len(list))
		for rank, i := range fair.Rank(randomness, list) {
			ranked[rank] = buyers[sku][i]
		}
		if err := d.SQL.PutRanks(ctx, draw.SaleID, sku, ranked); err != nil {
			return false, err
		}
	}
	if err := fault.Point(ctx, fault.DrawerRanked); err != nil {
		return false, err
	}
	if err := d.SQL.FinishDraw(ctx, draw.SaleID, signature); err != nil {
		return false, err
	}
	d.Log.Info("drawer: drew", "sale", draw.SaleID.String(), "entries", draw.Entries, "round", draw.Round, "randomness", hex.EncodeToString(randomness))
	return true, nil
}

func (d *Drawer) signature(ctx context.Context, draw seckill.Draw) ([]byte, error) {
	if mine := d.Beacon.Chain(); mine != draw.Beacon {
		return nil, fmt.Errorf("the draw is by the beacon %s (%s), and this worker has %s (%s): give it that one again",
			draw.Beacon.ChainHash, draw.Beacon.Kind, mine.ChainHash, mine.Kind)
	}
	ctx, cancel := context.WithTimeout(ctx, beaconTimeout)
	defer cancel()
	return d.Beacon.Signature(ctx, draw.Round)
}

// wait notes why a draw waits, for whoever looks at it, and asks again later.
func (d *Drawer) wait(ctx context.Context, draw seckill.Draw, why error) error {
	if ctx.Err() != nil {
		return ctx.Err() // the process stops
	}
	text := fmt.Sprintf("round %d of the beacon could not be had: %v", draw.Round, why)
	if err := d.SQL.SetDrawTrouble(ctx, draw.SaleID, text); err != nil {
		return err
	}
	return errors.New(text)
}

// place keeps the next ranks in the waitlist.
func (d *Drawer) place(ctx context.Context, draw seckill.Draw) (moved bool, err error) {
	waiting, err := d.SQL.Waiting(ctx, draw.SaleID)
	if err != nil {
		return false, err
	}
	for _, item := range draw.Items {
		if item.Placed == item.Entries || waiting[item.SKU] > placedAhead/2 {
			continue
		}
		placed, err := d.SQL.PlaceRanks(ctx, draw.SaleID, item.SKU, placedAhead)
		if err != nil {
			return false, err
		}
		moved = moved || placed > 0
	}
	return moved, fault.Point(ctx, fault.DrawerPlaced)
}
