package operator

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/web"
)

const (
	// historySpan is how far back a sale's charts go. A point is some 100 bytes, and
	// there is one every DefaultSampleEvery, so a sale takes 45 KB at most.
	historySpan = 15 * time.Minute
	// historyLead is how long before its start a sale is sampled first.
	historyLead = 10 * time.Second
	// maxHistories bounds how many sales are sampled; those that opened last are.
	maxHistories = 50
)

// historyPoint is a sale at one moment of the past, all items together.
type historyPoint struct {
	at        time.Time
	At        string `json:"at"`
	Available int64  `json:"available"`
	InFlight  int64  `json:"in_flight"`
	Reserved  int64  `json:"reserved"`
	Sold      int64  `json:"sold"`
	// Accepted orders are counted since the sale was last loaded into Redis, Refused
	// ones by this process since it started. A chart shows their growth.
	Accepted int64 `json:"accepted"`
	Refused  int64 `json:"refused"`
}

// histories keep what a dashboard shows of the time before it was opened. Nobody
// knows which process will serve it, so each samples every sale that is open, from
// counters that cost the same however many orders there are. What is counted in
// Redis and SQL is the same in all of them. A process that starts has no past: SQL
// could give it one, at the price of an index that every order would pay for.
type histories struct {
	mu sync.Mutex
	of map[seckill.ID][]historyPoint
}

func newHistories() *histories { return &histories{of: map[seckill.ID][]historyPoint{}} }

func (h *histories) add(id seckill.ID, p historyPoint) {
	h.mu.Lock()
	defer h.mu.Unlock()
	points := h.of[id]
	if n := len(points); n > 0 && !p.at.After(points[n-1].at) {
		return // another Redis, whose clock is behind
	}
	h.of[id] = append(points, p)
}

// forget drops what is too old.
func (h *histories) forget(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, points := range h.of {
		points = slices.DeleteFunc(points, func(p historyPoint) bool { return now.Sub(p.at) > historySpan })
		if h.of[id] = points; len(points) == 0 {
			delete(h.of, id)
		}
	}
}

func (h *histories) points(id seckill.ID) []historyPoint {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]historyPoint{}, h.of[id]...)
}

// KeepHistory samples the sales that are open until ctx ends.
func (s *API) KeepHistory(ctx context.Context) error {
	tick := time.NewTicker(s.cfg.SampleEvery)
	defer tick.Stop()
	for {
		s.sampleSales(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// sampleSales takes one point of each open sale. What cannot be read is a gap in a
// chart; the readings themselves say why.
func (s *API) sampleSales(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, web.FetchTimeout)
	defer cancel()
	now := s.clock.Now(ctx)
	s.histories.forget(now)
	active, err := s.cfg.Shop.Active(ctx)
	if err != nil {
		return
	}
	open := sampled(active, now)
	if len(open) == 0 {
		return
	}
	backlogs, err := s.cfg.Gate.Backlogs(ctx, open)
	if err != nil {
		return
	}
	for _, id := range open {
		items, loaded, err := s.counters(ctx, id)
		if err != nil || !loaded {
			continue
		}
		b := backlogs[id]
		p := historyPoint{at: now, At: web.FormatTime(now), Accepted: b.Settled + b.Orders}
		for _, it := range items {
			p.Available += it.Available
			p.InFlight += it.InFlight
			p.Reserved += it.Reserved
			p.Sold += it.Sold
		}
		for _, n := range s.cfg.Shop.Refused(id) {
			p.Refused += n
		}
		s.histories.add(id, p)
	}
}

// sampled chooses, of the loaded sales, those in which something can happen: from
// shortly before they open to the end of the last hold.
func sampled(active []gate.ActiveSale, now time.Time) []seckill.ID {
	open := slices.DeleteFunc(slices.Clone(active), func(a gate.ActiveSale) bool {
		return now.Before(a.StartsAt.Add(-historyLead)) || now.After(a.EndsAt.Add(a.Hold))
	})
	slices.SortFunc(open, func(a, b gate.ActiveSale) int {
		return cmp.Or(b.StartsAt.Compare(a.StartsAt), cmp.Compare(b.ID, a.ID))
	})
	ids := make([]seckill.ID, min(len(open), maxHistories))
	for i := range ids {
		ids[i] = open[i].ID
	}
	return ids
}
