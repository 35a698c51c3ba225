package gate

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// longMemory makes a gate whose memory does not end by itself during a test,
// however slow the machine.
func longMemory(t *testing.T, s server) (*Gate, *watch) {
	g, w := s.watchedGate(t)
	g.soldOut.ttl = time.Hour
	return g, w
}

// untilRemembered asks until the memory answers, which takes a first verdict and
// a reading of the buyers.
func untilRemembered(t *testing.T, g *Gate, s seckill.Sale, lines ...seckill.Line) {
	t.Helper()
	before := g.Stats().FromMemory
	require.Eventually(t, func() bool {
		_, err := g.Admit(t.Context(), wish(t, s, "late", "", lines...))
		return seckill.CodeOf(err) == seckill.CodeSoldOut && g.Stats().FromMemory > before
	}, patience, 2*time.Millisecond)
}

func TestSoldOutIsAnsweredWithoutRedis(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g, commands := longMemory(t, s)
		sale := load(t, g, aSale(anItem("phone", 1), anItem("cup", 10)))
		admit(t, g, wish(t, sale, "alice", "", of("phone", 1)))
		untilRemembered(t, g, sale, of("phone", 1))

		before := commands.total()
		for i := range 1000 {
			refused(t, g, wish(t, sale, buyerName(i), fmt.Sprint("key-", i), of("phone", 1)), seckill.CodeSoldOut)
		}
		require.Equal(t, before, commands.total(), "no command was sent")

		// Another item sells on, and does not end the memory of the first.
		admit(t, g, wish(t, sale, "bob", "", of("cup", 1)))
		between := commands.total()
		refused(t, g, wish(t, sale, "bob", "", of("phone", 1)), seckill.CodeSoldOut)
		require.Equal(t, between, commands.total())
		// With an item that is there, the exact answer takes Redis.
		refused(t, g, wish(t, sale, "carol", "", of("phone", 1), of("cup", 1)), seckill.CodeSoldOut)
		require.Greater(t, commands.total(), between)
	})
}

func TestBuyersWithAnOrderGetTheirExactAnswerWhileSoldOut(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		shop, _ := longMemory(t, s)
		other := s.gate(t)
		one := anItem("phone", 3)
		one.LimitPerBuyer = 1
		sale := load(t, shop, aSale(one))
		alice := admit(t, other, wish(t, sale, "alice", "key", of("phone", 1)))
		bob := admit(t, other, wish(t, sale, "bob", "", of("phone", 1)))
		carol := admit(t, shop, wish(t, sale, "carol", "", of("phone", 1)))
		untilRemembered(t, shop, sale, of("phone", 1))

		again := admit(t, shop, wish(t, sale, "alice", "key", of("phone", 1)))
		require.Equal(t, alice.OrderID, again.OrderID)
		require.True(t, again.Repeated)
		require.Equal(t, bob.OrderID, refused(t, shop, wish(t, sale, "bob", "", of("phone", 1)), seckill.CodeLimitExceeded).OrderID)
		require.Equal(t, carol.OrderID, refused(t, shop, wish(t, sale, "carol", "new", of("phone", 1)), seckill.CodeLimitExceeded).OrderID)
		refused(t, shop, wish(t, sale, "dave", "", of("phone", 1)), seckill.CodeSoldOut)

		// The unit goes from carol to dave by way of another process: the buyers
		// that were read before are not all buyers any more.
		require.NoError(t, releaseOf(t, other, sale.ID, []seckill.ID{carol.OrderID}))
		dave := admit(t, other, wish(t, sale, "dave", "key", of("phone", 1)))
		shop.soldOut.forget(sale.ID)
		refused(t, shop, wish(t, sale, "erin", "", of("phone", 1)), seckill.CodeSoldOut)
		require.Equal(t, dave.OrderID, admit(t, shop, wish(t, sale, "dave", "key", of("phone", 1))).OrderID)
		untilRemembered(t, shop, sale, of("phone", 1))
		require.Equal(t, dave.OrderID, admit(t, shop, wish(t, sale, "dave", "key", of("phone", 1))).OrderID)
	})
}

func TestNewsOfStockEndsTheMemoryEverywhere(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		shop, _ := longMemory(t, s)
		worker := s.gate(t)
		run(t, shop)
		sale := load(t, worker, aSale(anItem("phone", 1)))
		first := admit(t, worker, wish(t, sale, "alice", "", of("phone", 1)))
		admitted := func(buyer string) func() bool {
			return func() bool {
				_, err := shop.Admit(t.Context(), wish(t, sale, buyer, "", of("phone", 1)))
				return err == nil
			}
		}
		untilRemembered(t, shop, sale, of("phone", 1))
		require.NoError(t, releaseOf(t, worker, sale.ID, []seckill.ID{first.OrderID}))
		require.Eventually(t, admitted("bob"), patience, time.Millisecond)

		untilRemembered(t, shop, sale, of("phone", 1))
		require.NoError(t, worker.SetTotal(t.Context(), sale.ID, "phone", 2, 10))
		require.Eventually(t, admitted("carol"), patience, time.Millisecond)

		untilRemembered(t, shop, sale, of("phone", 1))
		_, err := worker.SetState(t.Context(), sale.ID, seckill.SalePaused, 11)
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			_, err := shop.Admit(t.Context(), wish(t, sale, "dave", "", of("phone", 1)))
			return seckill.CodeOf(err) == seckill.CodeUnavailable
		}, patience, time.Millisecond)
	})
}

func TestWithoutNewsTheMemoryEndsByItself(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		shop, worker := s.gate(t, func(c *Config) { c.SoldOutTTL = 50 * time.Millisecond }), s.gate(t)
		sale := load(t, worker, aSale(anItem("phone", 1)))
		first := admit(t, worker, wish(t, sale, "alice", "", of("phone", 1)))
		refused(t, shop, wish(t, sale, "bob", "", of("phone", 1)), seckill.CodeSoldOut)
		require.NoError(t, releaseOf(t, worker, sale.ID, []seckill.ID{first.OrderID}))
		require.Eventually(t, func() bool {
			_, err := shop.Admit(t.Context(), wish(t, sale, "bob", "", of("phone", 1)))
			return err == nil
		}, patience, time.Millisecond)
	})
}

func TestSaleThatIsLoadedAnewIsNotRememberedFromBefore(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g, _ := longMemory(t, s)
		other := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 1)))
		admit(t, g, wish(t, sale, "alice", "", of("phone", 1)))
		untilRemembered(t, g, sale, of("phone", 1))

		// Redis lost it all; SQL has an order of bob alone, with the same ticket.
		require.NoError(t, other.cfg.Client.Del(t.Context(), g.keys(sale.ID).all()...).Err())
		order := seckill.Order{ID: newID(), Buyer: "bob", Ticket: 1, Lines: []seckill.Line{{SKU: "phone", Quantity: 1, Price: 1}},
			RequestKey: "key", Amount: 1, Currency: "CNY", Status: seckill.OrderPaid, CreatedAt: sale.StartsAt}
		_, err := loadSnapshot(t, other, seckill.Snapshot{Sale: sale, Ticket: 1, Orders: []seckill.Order{order}, Taken: map[string]int64{"phone": 1}})
		require.NoError(t, err)

		// A process that missed the news learns of the new epoch by its next probe.
		g.soldOut.forget(sale.ID)
		refused(t, g, wish(t, sale, "carol", "", of("phone", 1)), seckill.CodeSoldOut)
		untilRemembered(t, g, sale, of("phone", 1))
		require.Equal(t, order.ID, admit(t, g, wish(t, sale, "bob", "key", of("phone", 1))).OrderID)
	})
}

// fakeMemory is a memory whose clock and whose reading of buyers a test moves.
type fakeMemory struct {
	*soldOutMemory
	now   time.Time
	reads int
	done  func(*buyerSet)
}

const fakeTTL = 200 * time.Millisecond

func newFakeMemory() *fakeMemory {
	f := &fakeMemory{now: time.Unix(1_800_000_000, 0)}
	f.soldOutMemory = newSoldOutMemory(fakeTTL, func() time.Time { return f.now },
		func(_ seckill.ID, _ []string, done func(*buyerSet)) { f.reads++; f.done = done })
	return f
}

func (f *fakeMemory) soldOutNow(last string) {
	f.learn(1, "e", []soldOutItem{{"phone", last}}, f.now, f.generation())
}

func buyersAt(last string, buyers ...string) *buyerSet {
	b := &buyerSet{epoch: "e", last: map[string]string{"phone": last}}
	for _, name := range buyers {
		b.hashes = append(b.hashes, hashBuyer("phone", name))
	}
	return b
}

func (f *fakeMemory) asks(buyer string) answer {
	a, _ := f.ask(seckill.Request{SaleID: 1, Buyer: buyer, Lines: []seckill.Line{of("phone", 1)}})
	return a
}

func TestMemoryAnswersOnlyWhatIsProven(t *testing.T) {
	f := newFakeMemory()
	require.Equal(t, askRedis, f.asks("alice"), "nothing is known")
	f.soldOutNow("7")
	require.Equal(t, askRedis, f.asks("alice"), "buyers are not known yet")
	require.Equal(t, 1, f.reads)
	f.done(buyersAt("7", "bob"))
	require.Equal(t, rememberedSoldOut, f.asks("alice"))
	require.Equal(t, askRedis, f.asks("bob"))

	f.soldOutNow("8")
	require.Equal(t, askRedis, f.asks("alice"), "someone bought since the buyers were read")
	require.Equal(t, 1, f.reads, "too soon to read again")
	f.now = f.now.Add(fakeTTL)
	f.soldOutNow("8")
	require.Equal(t, askRedis, f.asks("alice"))
	require.Equal(t, 2, f.reads)
	f.done(nil)
	require.Equal(t, askRedis, f.asks("alice"), "the reading failed")
	f.now = f.now.Add(fakeTTL)
	f.soldOutNow("8")
	f.asks("alice")
	another := buyersAt("8")
	another.epoch = "f"
	f.done(another)
	require.Equal(t, askRedis, f.asks("alice"), "the buyers are those of another load")
}

func TestMemoryProbesOnceAndEnds(t *testing.T) {
	f := newFakeMemory()
	f.soldOutNow("7")
	f.asks("alice")
	f.done(buyersAt("7"))

	f.now = f.now.Add(fakeTTL + time.Millisecond)
	a, probed := f.ask(seckill.Request{SaleID: 1, Buyer: "alice", Lines: []seckill.Line{of("phone", 1)}})
	require.Equal(t, probe, a)
	require.Equal(t, rememberedSoldOut, f.asks("bob"), "one probe is enough")
	probed()
	require.Equal(t, probe, f.asks("bob"), "the first probe brought nothing")
	f.soldOutNow("7")
	require.Equal(t, rememberedSoldOut, f.asks("carol"))

	f.now = f.now.Add(2*fakeTTL + time.Millisecond)
	for range 3 {
		require.Equal(t, askRedis, f.asks("carol"), "nothing is believed for longer than twice the TTL")
	}
}

func TestMemoryDropsAnswersFromBeforeTheNews(t *testing.T) {
	f := newFakeMemory()
	gen := f.generation()
	f.forget(1)
	f.learn(1, "e", []soldOutItem{{"phone", "7"}}, f.now, gen)
	require.Empty(t, f.sales)
}

func TestMemoryKeepsTheNewerOfTwoAnswers(t *testing.T) {
	f := newFakeMemory()
	f.soldOutNow("8")
	f.learn(1, "e", []soldOutItem{{"phone", "7"}}, f.now.Add(-time.Millisecond), f.generation())
	require.Equal(t, "8", f.sales[1].items["phone"].last)
}

func TestMemoryForgetsSalesThatAreOver(t *testing.T) {
	f := newFakeMemory()
	f.soldOutNow("1")
	f.now = f.now.Add(2 * forgetSaleAfter)
	f.learn(2, "e", []soldOutItem{{"phone", "1"}}, f.now, f.generation())
	require.Len(t, f.sales, 1)
	require.Contains(t, f.sales, seckill.ID(2))
}

func TestReadingBuyersCostsAtMostATwentiethOfTheTime(t *testing.T) {
	f := newFakeMemory()
	f.soldOutNow("7")
	f.asks("alice")
	f.now = f.now.Add(time.Second) // a slow reading
	f.done(buyersAt("6"))
	f.now = f.now.Add(19 * time.Second)
	f.soldOutNow("7")
	f.asks("alice")
	require.Equal(t, 1, f.reads)
	f.now = f.now.Add(time.Second)
	f.soldOutNow("7")
	f.asks("alice")
	require.Equal(t, 2, f.reads)
}

func TestMemoryThatIsOffAsksAlways(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t, func(c *Config) { c.SoldOutTTL = -1 })
		sale := load(t, g, aSale(anItem("phone", 0)))
		var refusals atomic.Int64
		var crowd sync.WaitGroup
		for i := range 50 {
			crowd.Go(func() {
				if _, err := g.Admit(t.Context(), wish(t, sale, buyerName(i), "", of("phone", 1))); seckill.CodeOf(err) == seckill.CodeSoldOut {
					refusals.Add(1)
				}
			})
		}
		crowd.Wait()
		require.Equal(t, int64(50), refusals.Load())
		require.Zero(t, g.Stats().FromMemory)
	})
}
