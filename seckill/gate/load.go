package gate

import (
	"context"
	"crypto/rand"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
)

const (
	// loaderLease is how long a loader may be silent before another takes over; it
	// gives a sign of life after a third of it.
	loaderLease = 1500 * time.Millisecond
	// loaderWait is how long one waits for a loader that is alive, beyond a call's
	// timeout: reading a large sale from SQL takes a while.
	loaderWait = 6 * time.Second
	// loadPairs is the most pairs of one write, so that Redis is never busy with it for
	// long and Lua's stack is large enough.
	loadPairs = 1_000
	// loadAhead is how many parts are sent before the first is answered.
	loadAhead = 4
	// loaderPoll is how often one waits for another loader to be done.
	loaderPoll = 50 * time.Millisecond
)

// Load writes a sale into Redis, unless it is there and intact; loaded is false then. It
// is not intact where the server was started again or is another one, where a key is
// missing, or where SQL is at a later epoch. A sale that is there with another
// definition is CodeConflict.
//
// read is called once the sale admits nobody any more. It has to begin a new epoch of
// the sale in SQL and to give write what SQL has then, in as many parts as it likes: one
// is written while it reads the next. Orders that are in the outbox and not in SQL are
// kept. The sale admits nobody until all is written.
//
// One process loads a sale at a time: a second waits a while for the first, and then
// returns CodeUnavailable. A load whose process died is begun anew by the next, 1.5 s
// after its last sign of life at the latest.
func (g *Gate) Load(ctx context.Context, sale seckill.Sale, read ReadSnapshot) (loaded bool, err error) {
	if sale.ID <= 0 {
		return false, seckill.Invalid("sale", "needs an id")
	}
	if err := g.announceLoad(ctx, sale); err != nil {
		return false, err
	}
	begun, token, err := g.beginLoad(ctx, sale)
	if err != nil {
		return false, err
	}
	if begun {
		if sale, err = g.load(ctx, sale.ID, token, read); err != nil {
			return false, err
		}
	}
	// In every case: the loader before may have died right here.
	if err := g.indexSale(ctx, sale); err != nil {
		return false, err
	}
	if begun {
		g.reopened(ctx, sale.ID)
	}
	return begun, nil
}

// beginLoad returns with begun false when the sale is there.
func (g *Gate) beginLoad(ctx context.Context, s seckill.Sale) (begun bool, token string, err error) {
	sum, err := digest(s)
	if err != nil {
		return false, "", err
	}
	token = rand.Text()
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Timeout+loaderWait)
	defer cancel()
	for {
		reply, err := g.call(ctx, loadBeginScript, s.ID, token, sum, loaderLease.Milliseconds(), s.Epoch).Text()
		if err != nil {
			return false, "", writeFailed(err)
		}
		switch reply {
		case "begin":
			return true, token, nil
		case "same":
			return false, "", nil
		case "conflict":
			return false, "", seckill.Errorf(seckill.CodeConflict, "sale %s is loaded with another definition", s.ID)
		}
		select {
		case <-ctx.Done():
			return false, "", loading(s.ID)
		case <-time.After(loaderPoll):
		}
	}
}

// load reads and writes the sale while it keeps the loader's lease.
func (g *Gate) load(ctx context.Context, id seckill.ID, token string, read ReadSnapshot) (seckill.Sale, error) {
	alive, cancel := context.WithCancel(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() { g.renewLoad(alive, id, token) })
	defer renewing.Wait()
	defer cancel()
	if err := fault.Point(ctx, fault.LoadFenced); err != nil {
		return seckill.Sale{}, err
	}
	// Nothing goes into the outbox or out of it now.
	box, err := g.readOutbox(ctx, id)
	if err != nil {
		return seckill.Sale{}, err
	}
	w := g.newLoadWriter(ctx, id, token, box)
	defer w.close()
	if err := read(ctx, w.write); err != nil {
		return seckill.Sale{}, err
	}
	if err := fault.Point(ctx, fault.LoadRead); err != nil {
		return seckill.Sale{}, err
	}
	snapshot, err := w.finish(ctx)
	if err != nil {
		return seckill.Sale{}, err
	}
	if err := fault.Point(ctx, fault.LoadWritten); err != nil {
		return seckill.Sale{}, err
	}
	if err := g.endLoad(ctx, snapshot, token); err != nil {
		return seckill.Sale{}, err
	}
	return snapshot.Sale, fault.Point(ctx, fault.LoadOpened)
}

// renewLoad keeps others from taking the load over while SQL is read.
func (g *Gate) renewLoad(ctx context.Context, sale seckill.ID, token string) {
	tick := time.NewTicker(loaderLease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			// When it fails, so will the next part, which tells why.
			_ = g.renew(ctx, sale, token)
		}
	}
}

func (g *Gate) endLoad(ctx context.Context, s seckill.Snapshot, token string) error {
	var lostAlone time.Duration
	if s.Sale.Epoch > 1 {
		lostAlone = g.cfg.LostFirst
	}
	reply, err := g.call(ctx, loadEndScript, s.Sale.ID,
		token, string(s.Sale.State), s.Ticket, relayGroup, lostAlone.Milliseconds()).Slice()
	if err != nil {
		return writeFailed(err)
	}
	if len(reply) != 2 {
		return loading(s.Sale.ID)
	}
	if reply[1] == "" && !g.cfg.Embedded {
		g.cfg.Logger.Error("Redis does not tell its replication id, so a restart or a failover of it goes unnoticed;"+
			" allow INFO to its user", "sale_id", s.Sale.ID.String())
	}
	return nil
}

// sendParts writes pairs of one key, with several parts on their way at a time.
func (g *Gate) sendParts(ctx context.Context, sale seckill.ID, token string, key int, pairs []string) error {
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Timeout)
	defer cancel()
	replies, err := g.cfg.Client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for part := range slices.Chunk(pairs, 2*loadPairs) {
			// With its text: a pipeline cannot wait to hear that Redis lacks the script.
			loadPartScript.Eval(ctx, pipe, g.keys(sale).all(), partArgs(token, key, part)...)
		}
		return nil
	})
	if err != nil {
		return writeFailed(err)
	}
	for _, reply := range replies {
		if written, err := reply.(*redis.Cmd).Int64(); err != nil || written == 0 {
			return loading(sale)
		}
	}
	return nil
}

// renew keeps the loader's lease.
func (g *Gate) renew(ctx context.Context, sale seckill.ID, token string) error {
	written, err := g.call(ctx, loadPartScript, sale, partArgs(token, keyMeta, nil)...).Int64()
	if err != nil {
		return writeFailed(err)
	}
	if written == 0 {
		return loading(sale)
	}
	return nil
}

func partArgs(token string, key int, pairs []string) []any {
	args := make([]any, 0, len(pairs)+3)
	args = append(args, token, loaderLease.Milliseconds(), key)
	for _, v := range pairs {
		args = append(args, v)
	}
	return args
}

func metaPairs(s seckill.Snapshot) ([]string, error) {
	text, err := encodeDefinition(s.Sale)
	if err != nil {
		return nil, err
	}
	sum, err := digest(s.Sale)
	if err != nil {
		return nil, err
	}
	revision := strconv.FormatInt(s.Sale.Revision, 10)
	pairs := []string{
		"definition", text,
		"digest", sum,
		"epoch", strconv.FormatInt(s.Sale.Epoch, 10),
		"starts_at", strconv.FormatInt(s.Sale.StartsAt.UnixMilli(), 10),
		"ends_at", strconv.FormatInt(s.Sale.EndsAt.UnixMilli(), 10),
		"hold", strconv.FormatInt(s.Sale.Hold.Milliseconds(), 10),
		"revision", revision,
		"loaded_revision", revision,
		"state_revision", revision,
	}
	for _, it := range s.Sale.Items {
		pairs = append(pairs, "limit:"+it.SKU, strconv.FormatInt(it.LimitPerBuyer, 10))
	}
	return pairs, nil
}

// stockPairs lets available fall below 0 where orders that SQL refused still have
// their release pending: those bring it back to what is really left.
func stockPairs(s seckill.Snapshot) (totals, stock []string) {
	for _, it := range s.Sale.Items {
		totals = append(totals, it.SKU, strconv.FormatInt(it.Total, 10))
		stock = append(stock, it.SKU, strconv.FormatInt(it.Total-s.Taken[it.SKU], 10))
	}
	for _, sku := range s.Waited {
		stock = append(stock, waitedField(sku), "1")
	}
	return totals, stock
}

func letter(holds, retaken bool) string {
	switch {
	case holds && retaken:
		return heldAgain
	case retaken:
		return releasedForGood
	case holds:
		return held
	}
	return released
}
