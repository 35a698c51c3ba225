package worker

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-go/seckill/internal/proof/model"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// errHeldUp ends a wait for a sale to be loaded, which nobody would end here.
var errHeldUp = errors.New("the sale is being loaded")

// refuses tells whether Redis must refuse a call, and then checks that it did.
func (s *shop) refuses(err error, what string) bool {
	code := s.model.Refusal()
	if code == "" {
		return false
	}
	s.code(code, err, "%s in a sale that cannot be relied on", what)
	s.heldUp = true
	return true
}

// loadUnderWay is what a loader is at.
type loadUnderWay struct {
	loading  *model.Loading
	snapshot model.Snapshot
	read     bool // SQL was read
	open     bool // Redis is open
}

func (w watchedGate) Load(ctx context.Context, sale seckill.Sale, read gate.ReadSnapshot) (bool, error) {
	s := w.s
	s.outlastDeadLoader()
	s.life.edge()
	outer, mine := s.load, &loadUnderWay{}
	s.load = mine
	defer func() { s.load = outer }()
	loaded, err := w.Gate.Load(ctx, sale, func(ctx context.Context, write func(seckill.Snapshot) error) error {
		mine.loading = s.model.BeginLoad()
		s.life.edge()
		err := read(ctx, write)
		mine.snapshot, mine.read = s.opened, true
		return err
	})
	s.load = outer
	switch {
	case mine.loading == nil && s.model.Redis.Loaded:
		s.noError(err, "load a sale that is loaded")
		s.check(!loaded, "a sale was loaded although it was intact")
	case mine.loading == nil: // another loader gave a sign of life
		s.code(seckill.CodeUnavailable, err, "load a sale that another loads")
		s.heldUp = true
	case !mine.open && !s.model.Leads(mine.loading):
		s.code(seckill.CodeUnavailable, err, "load a sale that another has taken over")
		s.heldUp = true
	default:
		s.noError(err, "load")
		s.check(loaded, "the sale was not loaded")
		s.opens(mine)
	}
	s.life.edge()
	return loaded, err
}

// opens is the moment at which a loader has opened the sale.
func (s *shop) opens(l *loadUnderWay) {
	if !l.open {
		l.open = true
		s.model.EndLoad(l.snapshot, s.clock.Now())
		s.look()
	}
}

// beforeCommand is where a loader can die, or be overtaken, between any two commands
// to Redis, after it has read SQL and written what that has.
func (s *shop) beforeCommand(cmd redis.Cmder) {
	if isSignOfLife(cmd) || isGreeting(cmd) {
		return
	}
	l := s.load
	if l == nil || !l.read || !l.open && !s.model.Leads(l.loading) {
		return
	}
	if cmd.Name() == "hset" { // the index: the sale is open
		s.load = nil
		s.opens(l)
		s.load = l
	}
	outer := s.betweenCommands
	s.betweenCommands = true
	s.life.edge()
	s.betweenCommands = outer
}

// isGreeting tells what the client says on a new connection, which it opens whenever
// it has too few.
func isGreeting(cmd redis.Cmder) bool { return cmd.Name() == "hello" || cmd.Name() == "client" }

// isSignOfLife tells a loader's sign of life, which comes by itself from elsewhere: it
// is a part without pairs to write.
func isSignOfLife(cmd redis.Cmder) bool {
	const command, keys, arguments = 3, 10, 3
	return (cmd.Name() == "evalsha" || cmd.Name() == "eval") && len(cmd.Args()) <= command+keys+arguments
}

// outlastDeadLoader lets pass the time after which a loader that died does not count
// any more.
func (s *shop) outlastDeadLoader() {
	if !s.model.IsLoading() {
		return
	}
	until, err := s.client.HGet(s.ctx, keyOf("meta"), "loader_until").Result()
	s.noError(err, "read the loader's lease")
	ms, err := strconv.ParseInt(until, 10, 64)
	s.noError(err, "read the loader's lease")
	s.advance(max(0, seckill.UnixMilli(ms).Sub(s.clock.Now())) + time.Millisecond)
}

func (w watchedGate) Adopt(ctx context.Context, sale seckill.ID, orders []seckill.Order) error {
	w.s.life.edge()
	err := w.Gate.Adopt(ctx, sale, orders)
	if len(orders) == 0 || !w.s.refuses(err, "adopt") {
		w.s.noError(err, "adopt %v", orderIDs(orders))
		w.s.model.Adopt(orderIDs(orders))
	}
	w.s.life.edge()
	return err
}

func (w watchedLedger) OpenEpoch(ctx context.Context, sale seckill.ID, each func(seckill.Snapshot) error) error {
	w.s.life.edge()
	var snapshot seckill.Snapshot
	err := w.Ledger.OpenEpoch(ctx, sale, func(part seckill.Snapshot) error {
		snapshot = part
		return each(part)
	})
	w.s.noError(err, "open an epoch")
	opened := w.s.model.OpenEpoch()
	w.s.equal(opened.Sale.Epoch, snapshot.Sale.Epoch, "epoch")
	w.s.equal(opened.Sale.Revision, snapshot.Sale.Revision, "revision at the load")
	w.s.life.edge()
	w.s.opened = opened
	return err
}

func (w watchedLedger) Adoptions(ctx context.Context, limit int) ([]ledger.Adoption, error) {
	pending, err := w.Ledger.Adoptions(ctx, limit)
	w.s.noError(err, "list adoptions")
	got := map[seckill.ID]bool{}
	for _, a := range pending {
		o := w.s.model.Orders[a.Order.ID]
		got[o.ID] = true
		w.s.equal(o.Stock == model.Released, a.Released, "whether order %s, which is to be adopted, is released", o.ID)
	}
	w.s.equal(w.s.model.Adoptions, got, "orders to adopt")
	return pending, err
}

func (w watchedLedger) Adopted(ctx context.Context, ids []seckill.ID) error {
	w.s.life.edge()
	err := w.Ledger.Adopted(ctx, ids)
	w.s.noError(err, "note adoptions")
	for _, id := range ids {
		o := w.s.model.Orders[id]
		w.s.check(o.Known || !w.s.model.Redis.Loaded || o.Stock == model.Released, "order %s is not to be adopted any more, and Redis does not know it", id)
		delete(w.s.model.Adoptions, id)
	}
	w.s.life.edge()
	return err
}
