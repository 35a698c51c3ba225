package worker

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/proof/model"
	"github.com/seckill-go/seckill/internal/proof/stores"
	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/broker/memory"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/gate/embedded"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/seckill/payment"
)

var opening = time.Date(2026, 11, 11, 12, 0, 0, 0, time.UTC)

const (
	theSale        = seckill.ID(1 << 40)
	theProvider    = "bank"
	republishAfter = 10 * time.Second
)

// shop is the service on its embedded parts, with the model beside it. One
// operation at a time acts on both.
type shop struct {
	rt    *rapid.T
	ctx   context.Context
	clock *testkit.Clock
	model *model.Model
	life

	redis  *embedded.Server
	client redis.UniversalClient
	valve  sync.RWMutex // closed: Redis does not answer just now
	gate   *gate.Gate
	ledger *ledger.Ledger
	broker *memory.Broker

	relay     *Relay
	settler   *Settler
	expirer   *Expirer
	releaser  *Releaser
	announcer *Announcer
	payments  *PaymentSettler
	retaker   *Retaker
	refunder  *Refunder
	recoverer *Recoverer

	bag    messageBag
	bought []seckill.Request
	told   []seckill.PaymentEvent
	lastID seckill.ID

	// What Redis loses, and how it gets it back.
	copy            *redisCopy
	load            *loadUnderWay  // by whoever loads the sale just now
	opened          model.Snapshot // by the last OpenEpoch
	handing         *handingIn
	fails           string // how recording lost orders fails
	betweenCommands bool   // of a loader
	heldUp          bool   // Redis refused a call in this step, as it had to
	takenAgain      int
	lostAndTold     int

	operations int
	close      []func()
}

// newShop opens a shop with a sale of its own in stores of its own, so that a
// sequence of operations does the same each time.
func newShop(rt *rapid.T) *shop {
	s := &shop{rt: rt, ctx: context.Background(), clock: testkit.NewClock(opening.Add(-time.Minute)),
		lastID: theSale}
	s.openLedger()
	s.openBroker()
	sale, _, err := s.ledger.CreateSale(s.ctx, s.draft())
	s.noError(err, "create the sale")
	s.model = model.New(sale)
	s.model.LostFirst = rapid.SampledFrom([]time.Duration{0, time.Second}).Draw(rt, "lost first")
	s.openRedis()
	s.newAgents()
	_, err = s.watchedLedger().TransitionSale(s.ctx, theSale, seckill.SaleReady, "operator")
	s.noError(err, "make the sale ready")
	_, err = s.recoverer.step(s.ctx)
	s.noError(err, "load the sale")
	return s
}

func (s *shop) draft() seckill.Sale {
	item := func(sku string, price, total, limit int64) seckill.Item {
		return seckill.Item{SKU: sku, Title: sku, Price: price, Currency: "CNY", Total: total, LimitPerBuyer: limit}
	}
	return seckill.Sale{
		ID: theSale, Name: "a sale", StartsAt: opening, EndsAt: opening.Add(12 * time.Hour), Hold: time.Minute,
		Items: []seckill.Item{item("phone", 19900, 12, 2), item("cup", 500, 9, 3), item("pen", 0, 7, 4)},
	}
}

func (s *shop) openLedger() {
	path, remove, err := stores.MakeSQLite()
	s.noError(err, "make a store")
	s.onClose(remove)
	db, err := database.Open(database.Config{Driver: database.SQLite, DSN: path, MaxOpen: 2, SlowQuery: -1, Logger: quiet})
	s.noError(err, "open the database")
	s.onClose(func() { db.Close() })
	s.ledger = ledger.New(ledger.Config{DB: db, Clock: s.clock.Now, Logger: quiet})
	s.onClose(func() { s.ledger.Close() })
}

func (s *shop) openBroker() {
	var err error
	s.broker, err = memory.New(memory.Config{Logger: quiet})
	s.noError(err, "make the broker")
	ctx, cancel := context.WithCancel(s.ctx)
	var running sync.WaitGroup
	running.Go(func() { _ = s.broker.Run(ctx) })
	s.bag.arrived = map[string]chan broker.Delivery{}
	consuming, stop := context.WithCancel(s.ctx)
	var consumers sync.WaitGroup
	for _, queue := range []string{broker.QueueSettle, broker.QueuePaid} {
		arrived := make(chan broker.Delivery, 1000)
		s.bag.arrived[queue] = arrived
		consumers.Go(func() {
			_ = s.broker.Consume(consuming, queue, broker.ConsumeOptions{}, func(_ context.Context, batch []broker.Delivery) []error {
				for _, d := range batch {
					arrived <- d
				}
				return nil
			})
		})
	}
	s.onClose(func() { stop(); consumers.Wait(); cancel(); running.Wait() })
}

func (s *shop) openRedis() {
	var err error
	s.redis, err = embedded.Start()
	s.noError(err, "start Redis")
	s.redis.SetTime(s.clock.Now())
	s.openGate()
}

func (s *shop) openGate() {
	// With patience: the model takes what other tests leave of the processors.
	s.client = gate.NewClient(gate.ClientOptions{Dial: s.redis.Dial, DialTimeout: time.Minute})
	s.client.AddHook(valveHook{s})
	var err error
	// The sold-out memory goes by the machine's clock, so it is tested elsewhere.
	s.gate, err = gate.New(gate.Config{Client: s.client, Workers: 1, SoldOutTTL: -1, Timeout: time.Minute, Logger: quiet,
		BatchLimit: 500, Journal: 10_000, Lost: s.recordLost, LostFirst: s.model.LostFirst})
	s.noError(err, "make the gate")
}

func (s *shop) closeGate() { s.gate.Close(); s.client.Close() }

// valveHook holds commands back while the valve is closed.
type valveHook struct{ s *shop }

func (h valveHook) DialHook(next redis.DialHook) redis.DialHook { return next }
func (h valveHook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		h.s.beforeCommand(cmd)
		h.s.valve.RLock()
		err := next(ctx, cmd)
		h.s.valve.RUnlock()
		h.s.afterCommand(cmd)
		return err
	}
}

// ProcessPipelineHook lets the parts of a load pass: a loader writes several at a time,
// so that no moment among them is the same in the next run of a seed.
func (h valveHook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (s *shop) watchedGate() watchedGate     { return watchedGate{s.gate, s} }
func (s *shop) watchedLedger() watchedLedger { return watchedLedger{s.ledger, s} }
func (s *shop) watchedBroker() watchedBroker { return watchedBroker{s.broker, s} }

// newAgents is a worker process that starts.
func (s *shop) newAgents() {
	g, l, b := s.watchedGate(), s.watchedLedger(), s.watchedBroker()
	s.relay = &Relay{Outbox: g, Broker: b, Consumer: "worker", Batch: 50, RepublishAfter: republishAfter, Log: quiet}
	s.settler = &Settler{Orders: l, Outbox: g, Batch: 6, Log: quiet}
	s.expirer = &Expirer{Orders: l, Clock: g, Changes: g, Leases: freeLease{}, Log: quiet}
	s.releaser = &Releaser{Orders: l, Stock: g, Leases: freeLease{}, Log: quiet}
	s.announcer = &Announcer{Events: l, Broker: b, Leases: freeLease{}, Log: quiet}
	s.payments = &PaymentSettler{Orders: l, Leases: freeLease{}, Log: quiet}
	s.retaker = &Retaker{Orders: l, Stock: g, Changes: g, Leases: freeLease{}, Log: quiet}
	s.refunder = &Refunder{Orders: &refunderLedger{watchedLedger: l}, Providers: map[string]payment.Refunder{theProvider: moodyBank{}},
		Changes: g, Leases: freeLease{}, Backoff: time.Second, MaxAttempts: 3, Log: quiet}
	s.recoverer = &Recoverer{SQL: l, Redis: g, Leases: freeLease{}, Log: quiet, uneven: map[seckill.ID]unevenness{}}
}

func (s *shop) onClose(f func()) { s.close = append(s.close, f) }

func (s *shop) shut() {
	if s.gate != nil {
		s.closeGate()
	}
	if s.redis != nil {
		s.redis.Close()
	}
	for i := len(s.close) - 1; i >= 0; i-- {
		s.close[i]()
	}
}

func (s *shop) newID() seckill.ID { s.lastID++; return s.lastID }

func (s *shop) check(ok bool, format string, args ...any) {
	if !ok {
		s.rt.Helper()
		s.rt.Fatalf(format, args...)
	}
}

func (s *shop) equal(want, got any, format string, args ...any) {
	if !reflect.DeepEqual(want, got) {
		s.rt.Helper()
		s.rt.Fatalf("%s: the model says %+v, the service %+v", fmt.Sprintf(format, args...), want, got)
	}
}

func (s *shop) noError(err error, format string, args ...any) {
	if err != nil {
		s.rt.Helper()
		s.rt.Fatalf("%s: %v", fmt.Sprintf(format, args...), err)
	}
}

func (s *shop) code(want seckill.Code, err error, format string, args ...any) {
	if err == nil || seckill.CodeOf(err) != want {
		s.rt.Helper()
		s.rt.Fatalf("%s: want %s, got %v", fmt.Sprintf(format, args...), want, err)
	}
}

// mayConflict lets pass what only says that Redis has a total that SQL has not.
func (s *shop) mayConflict(err error, format string, args ...any) {
	if code := seckill.CodeOf(err); err != nil && code != seckill.CodeConflict && code != seckill.CodeUnavailable {
		s.noError(err, format, args...)
	}
}

// sawEntries compares entries with the model.
func (s *shop) sawEntries(entries []seckill.OutboxEntry) {
	for _, e := range entries {
		s.noError(s.model.Entry(e), "model: outbox")
	}
}
