package gate

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// losses are the ways in which a Redis can come to be no longer the one on which
// a sale was loaded. The keys are those of keys.all by their names.
var losses = map[string]func(t *testing.T, g *Gate, sale seckill.ID){
	"another server, or the same one started again": func(t *testing.T, g *Gate, sale seckill.ID) {
		require.NoError(t, g.cfg.Client.HSet(t.Context(), g.keys(sale).meta(), "server", "the one before").Err())
	},
}

func init() {
	for i, name := range []string{"meta", "stock", "totals", "buyers", "orders", "requests", "ticket", "outbox", "inflight"} {
		losses["without its key "+name] = func(t *testing.T, g *Gate, sale seckill.ID) {
			require.NoError(t, g.cfg.Client.Del(t.Context(), g.keys(sale).all()[i]).Err())
		}
	}
	losses["empty"] = func(t *testing.T, g *Gate, sale seckill.ID) {
		require.NoError(t, g.cfg.Client.Del(t.Context(), g.keys(sale).all()...).Err())
		require.NoError(t, g.cfg.Client.Del(t.Context(), g.salesKey()).Err())
	}
}

func TestNobodyGetsIntoASaleThatRedisLost(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		for name, lose := range losses {
			t.Run(name, func(t *testing.T) {
				g := s.gate(t)
				sale := load(t, g, aSale(anItem("phone", 10)))
				first := wish(t, sale, "alice", "k", of("phone", 2))
				told := admit(t, g, first)
				entries := readAll(t, g, sale)
				lose(t, g, sale.ID)

				intact, err := g.Intact(t.Context(), sale.ID)
				require.NoError(t, err)
				require.False(t, intact)
				refused(t, g, wish(t, sale, "bob", "", of("phone", 1)), seckill.CodeUnavailable)
				refused(t, g, wish(t, sale, "alice", "k", of("phone", 2)), seckill.CodeUnavailable)
				_, err = g.QueuedOrder(t.Context(), sale.ID, told.OrderID)
				require.True(t, errors.Is(err, ErrNotLoaded) || seckill.CodeOf(err) == seckill.CodeUnavailable, "%v", err)
				_, err = g.Sale(t.Context(), sale.ID)
				require.True(t, err == nil || seckill.CodeOf(err) != seckill.CodeInternal, "it is away, not broken: %v", err)
				_, err = g.Counters(t.Context(), sale.ID)
				require.True(t, err == nil || seckill.CodeOf(err) != seckill.CodeInternal, "it is away, not broken: %v", err)
				require.Error(t, releaseOf(t, g, sale.ID, []seckill.ID{told.OrderID}))
				_, err = g.ReleaseForGood(t.Context(), sale.ID, []seckill.ID{told.OrderID})
				require.Error(t, err)
				_, _, err = g.Retake(t.Context(), acknowledged(first, told))
				require.True(t, errors.Is(err, ErrNotLoaded) || seckill.CodeOf(err) == seckill.CodeUnavailable, "%v", err)
				require.Error(t, g.Adopt(t.Context(), sale.ID, []seckill.Order{acknowledged(first, told)}))
				// What SQL has committed may go from the outbox, whatever else is gone.
				require.NoError(t, g.Settled(t.Context(), sale.ID, entries, nil))
				intact, err = g.Intact(t.Context(), sale.ID)
				require.NoError(t, err)
				require.False(t, intact, "nothing that was written meanwhile makes it whole")

				// SQL has the order.
				order := acknowledged(first, told)
				order.Status = seckill.OrderAwaitingPayment
				sale.Epoch = 2
				ok, err := loadSnapshot(t, g, seckill.Snapshot{Sale: sale, Taken: map[string]int64{"phone": 2}, Ticket: 1, Orders: []seckill.Order{order}})
				require.NoError(t, err)
				require.True(t, ok)
				require.Equal(t, Counters{Total: 10, Available: 8}, countersOf(t, g, sale)["phone"])
				require.True(t, admit(t, g, wish(t, sale, "alice", "k", of("phone", 2))).Repeated)
				require.EqualValues(t, 2, admit(t, g, wish(t, sale, "bob", "", of("phone", 1))).Ticket)
			})
		}
	})
}

func TestALoadKeepsWhatIsInTheOutbox(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 10), anItem("cup", 10)))
		settled := wish(t, sale, "alice", "a", of("phone", 1))
		inSQL := acknowledged(settled, admit(t, g, settled))
		flying := admit(t, g, wish(t, sale, "bob", "b", of("phone", 2), of("cup", 3)))
		require.Len(t, readAll(t, g, sale), 2, "a reader that dies has them")
		losses["without its key orders"](t, g, sale.ID)

		inSQL.Status = seckill.OrderAwaitingPayment
		sale.Epoch = 2
		ok, err := loadSnapshot(t, g, seckill.Snapshot{Sale: sale, Taken: map[string]int64{"phone": 1}, Ticket: 1, Orders: []seckill.Order{inSQL}})
		require.NoError(t, err)
		require.True(t, ok)
		want := map[string]Counters{"phone": {Total: 10, Available: 7, InFlight: 3}, "cup": {Total: 10, Available: 7, InFlight: 3}}
		require.Equal(t, want, countersOf(t, g, sale))
		requireInFlight(t, g, sale)
		queued, err := g.QueuedOrder(t.Context(), sale.ID, flying.OrderID)
		require.NoError(t, err)
		require.Equal(t, flying.Ticket, queued.Ticket)
		require.True(t, admit(t, g, wish(t, sale, "bob", "b", of("phone", 2), of("cup", 3))).Repeated)
		require.EqualValues(t, 3, admit(t, g, wish(t, sale, "carol", "", of("cup", 1))).Ticket)

		entries := readAll(t, g, sale)
		require.Len(t, entries, 3, "each is given to a reader again")
		require.Equal(t, []int64{0, 0, 2}, []int64{entries[0].Epoch, entries[1].Epoch, entries[2].Epoch})
		require.NoError(t, g.Settled(t.Context(), sale.ID, entries, nil))
		require.Equal(t, Counters{Total: 10, Available: 7}, countersOf(t, g, sale)["phone"])
		requireInFlight(t, g, sale)
	})
}

func TestAnOrderIsAdoptedOnce(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 3)))
		order := func(buyer string, ticket int64) seckill.Order {
			return seckill.Order{ID: newID(), SaleID: sale.ID, Buyer: buyer, RequestKey: "k", Ticket: ticket, Currency: "CNY",
				Lines: []seckill.Line{{SKU: "phone", Quantity: 2, Price: 1}}, CreatedAt: sale.StartsAt}
		}
		alice, bob, gone := order("alice", 7), order("bob bee", 5), order("carol", 1)
		require.NoError(t, releaseOf(t, g, sale.ID, []seckill.ID{gone.ID}), "its units never were taken here")
		before, err := g.Read(t.Context(), sale.ID)
		require.NoError(t, err)
		for range 2 {
			require.NoError(t, g.Adopt(t.Context(), sale.ID, []seckill.Order{alice, bob, gone}))
			require.Equal(t, Counters{Total: 3, Available: -1}, countersOf(t, g, sale)["phone"])
		}
		_, err = g.ReleasedSince(t.Context(), sale.ID, before)
		coded(t, err, seckill.CodeConflict) // orders changed hands
		refused(t, g, wish(t, sale, "dave", "", of("phone", 1)), seckill.CodeSoldOut)
		again := admit(t, g, wish(t, sale, "alice", "k", of("phone", 2)))
		require.True(t, again.Repeated)
		require.Equal(t, alice.ID, again.OrderID)

		require.NoError(t, releaseOf(t, g, sale.ID, []seckill.ID{bob.ID}))
		require.Equal(t, Counters{Total: 3, Available: 1}, countersOf(t, g, sale)["phone"])
		require.EqualValues(t, 8, admit(t, g, wish(t, sale, "dave", "", of("phone", 1))).Ticket, "tickets go on after the adopted ones")
	})
}

// lostOrders is what a gate with a journal reports as lost.
type lostOrders struct {
	mu  sync.Mutex
	ids []seckill.ID
}

func (l *lostOrders) add(_ context.Context, o seckill.Order) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ids = append(l.ids, o.ID)
	return nil
}

func (l *lostOrders) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.ids)
}

func TestOrdersThatRedisLostAreHandedInAgain(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		var lost lostOrders
		web := s.gate(t, func(c *Config) { c.Journal, c.Lost = 100, lost.add })
		run(t, web)
		worker := s.gate(t, func(c *Config) { c.LostFirst = patience })
		sale := load(t, worker, aSale(anItem("phone", 3), anItem("cup", 1)))
		phones := make([]seckill.Admission, 3)
		for i := range phones {
			phones[i] = admit(t, web, wish(t, sale, "buyer "+strconv.Itoa(i), "k", of("phone", 1)))
		}
		cup := admit(t, web, wish(t, sale, "alice", "", of("cup", 1)))
		losses["empty"](t, worker, sale.ID)

		// One of the phones was settled from a message, and the cup is sold to another.
		inSQL := seckill.Order{ID: phones[1].OrderID, SaleID: sale.ID, Buyer: "buyer 1", RequestKey: "k", Ticket: phones[1].Ticket,
			Lines: []seckill.Line{{SKU: "phone", Quantity: 1, Price: 19900}}, Currency: "CNY",
			Status: seckill.OrderAwaitingPayment, CreatedAt: phones[1].At}
		sale.Epoch = 2
		ok, err := loadSnapshot(t, worker, seckill.Snapshot{Sale: sale, Taken: map[string]int64{"phone": 1, "cup": 1}, Ticket: 9,
			Orders: []seckill.Order{inSQL}})
		require.NoError(t, err)
		require.True(t, ok)
		refused(t, worker, wish(t, sale, "late", "", of("phone", 1)), seckill.CodeUnavailable)

		require.Eventually(t, func() bool {
			return countersOf(t, web, sale)["phone"] == Counters{Total: 3, Available: 0, InFlight: 2} && lost.len() == 1
		}, patience, 5*time.Millisecond)
		require.Equal(t, []seckill.ID{cup.OrderID}, lost.ids)
		for _, p := range phones {
			o, err := web.QueuedOrder(t.Context(), sale.ID, p.OrderID)
			require.NoError(t, err)
			require.Equal(t, p.Ticket, o.Ticket, "what the buyer was told stays true")
		}
		reading, err := web.Read(t.Context(), sale.ID)
		require.NoError(t, err)
		require.EqualValues(t, 2, reading.Moves, "an audit has to know")
		require.Equal(t, int64(2), web.Stats().TakenAgain)
		require.Equal(t, int64(1), web.Stats().Lost)

		// A try that failed half way is repeated as a whole.
		again := web.handIn.begin(sale.ID)
		err = again.batch(t.Context(), []seckill.Order{{ID: cup.OrderID, SaleID: sale.ID, Buyer: "alice",
			Lines: []seckill.Line{{SKU: "cup", Quantity: 1, Price: 19900}}, Currency: "CNY"}})
		require.NoError(t, err)
		require.Equal(t, int64(1), web.Stats().Lost, "no order is counted twice")
	})
}

func TestASaleWhoseLoaderDiedIsListed(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := aSale(anItem("phone", 1))
		_, err := g.Load(t.Context(), sale, func(context.Context, func(seckill.Snapshot) error) error {
			return errors.New("the end")
		})
		require.Error(t, err)
		require.Error(t, g.Settled(t.Context(), sale.ID, []seckill.OutboxEntry{{ID: "1-1"}}, nil), "everybody waits for it")
		listed, err := g.Sales(t.Context())
		require.NoError(t, err)
		require.Len(t, listed, 1)
		require.Equal(t, sale.ID, listed[0].ID)
	})
}

// The answer to its admission got lost, and then its buyer asked again and was told.
func TestAnOrderThatWasToldOfByARepetitionIsHandedIn(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		var lost lostOrders
		admits, tells := s.gate(t), s.gate(t, func(c *Config) { c.Journal, c.Lost = 100, lost.add })
		sale := load(t, tells, aSale(anItem("phone", 3)))
		r := wish(t, sale, "alice", "k", of("phone", 1))
		first := admit(t, admits, r)
		again := r
		again.OrderID = newID()
		require.True(t, admit(t, tells, again).Repeated)
		o, err := tells.QueuedOrder(t.Context(), sale.ID, first.OrderID)
		require.NoError(t, err)
		o.RequestKey = "k"
		tells.Remember(o)

		losses["empty"](t, tells, sale.ID)
		sale.Epoch++
		load(t, tells, sale)
		require.NoError(t, tells.HandIn(t.Context(), sale.ID))
		entries := readAll(t, tells, sale)
		require.Len(t, entries, 1)
		require.Equal(t, first.OrderID, entries[0].Orders[0].ID)
		require.Equal(t, "k", entries[0].Orders[0].RequestKey)
		require.Equal(t, first.OrderID, admit(t, tells, again).OrderID, "its key is guarded as before")
		require.Zero(t, lost.len())
	})
}

func TestLostOrdersWithTheSameTicketAreBothHandedIn(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		var lost lostOrders
		g := s.gate(t, func(c *Config) { c.Journal, c.Lost = 100, lost.add })
		sale := load(t, g, aSale(anItem("phone", 3)))
		lose := func() {
			losses["empty"](t, g, sale.ID)
			sale.Epoch++
			load(t, g, sale)
		}
		first := admit(t, g, wish(t, sale, "alice", "", of("phone", 1)))
		lose() // and before alice's order is handed in, its ticket is given out again
		second := admit(t, g, wish(t, sale, "bob", "", of("phone", 1)))
		require.Equal(t, first.Ticket, second.Ticket)
		lose()
		for range 2 {
			require.NoError(t, g.HandIn(t.Context(), sale.ID))
		}
		var found []seckill.ID
		for _, e := range readAll(t, g, sale) {
			for _, o := range e.Orders {
				found = append(found, o.ID)
			}
		}
		require.Equal(t, []seckill.ID{first.OrderID, second.OrderID}, found)
		requireInFlight(t, g, sale)
		require.Zero(t, lost.len())
	})
}

func TestOrdersAreHandedInAgainUntilTheirLossIsRecorded(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		var lost lostOrders
		away := errors.New("SQL is away")
		g := s.gate(t, func(c *Config) {
			c.Journal = 100
			c.Lost = func(ctx context.Context, o seckill.Order) error { return errors.Join(lost.add(ctx, o), away) }
		})
		sale := load(t, g, aSale(anItem("phone", 1)))
		told := admit(t, g, wish(t, sale, "alice", "", of("phone", 1)))
		losses["empty"](t, g, sale.ID)
		require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(g.HandIn(t.Context(), sale.ID)), "the sale is not open again")
		require.Zero(t, lost.len())
		sale.Epoch = 2
		_, err := loadSnapshot(t, g, seckill.Snapshot{Sale: sale, Taken: map[string]int64{"phone": 1}})
		require.NoError(t, err)
		require.ErrorIs(t, g.HandIn(t.Context(), sale.ID), away)
		away = nil
		require.NoError(t, g.HandIn(t.Context(), sale.ID))
		require.NoError(t, g.HandIn(t.Context(), sale.ID))
		require.Equal(t, []seckill.ID{told.OrderID, told.OrderID}, lost.ids)
		require.EqualValues(t, 1, g.Stats().Lost)
	})
}

func TestASaleIsHandedInByOneTryAtATime(t *testing.T) {
	t.Parallel()
	h := newHandIn(nil)
	h.ask(7, 8)
	require.ElementsMatch(t, []seckill.ID{7, 8}, h.take())
	h.ask(7)
	require.Empty(t, h.take())
	h.done(8)
	require.Empty(t, h.take())
	h.done(7)
	require.Equal(t, []seckill.ID{7}, h.take())
}

func TestTheJournalForgetsWhatIsSettledAndWhatIsTooMuch(t *testing.T) {
	t.Parallel()
	j := newJournal(3)
	order := func(id int) seckill.Order {
		at := seckill.UnixMilli(1_700_000_000_123)
		return seckill.Order{ID: seckill.ID(id), SaleID: 7, Buyer: "a buyer", RequestKey: "key", Ticket: int64(id), Status: seckill.OrderQueued,
			Lines: []seckill.Line{{SKU: "phone", Quantity: 2, Price: 100}}, Amount: 200, Currency: "CNY", CreatedAt: at, HoldUntil: at.Add(time.Minute)}
	}
	remembers := func(ids ...int) {
		var want []seckill.Order
		for _, id := range ids {
			want = append(want, order(id))
		}
		found, err := j.of(7)
		require.NoError(t, err)
		require.ElementsMatch(t, want, found)
	}
	for i := range 5 {
		j.add(order(i + 1))
	}
	remembers(3, 4, 5)
	j.remove(4)
	remembers(3, 5)
	require.Equal(t, []seckill.ID{7}, j.sales())
	for i := range 10_000 {
		j.add(order(i + 10))
		j.remove(seckill.ID(i + 10))
	}
	require.Less(t, len(j.age), 3_000, "what is gone leaves no trace")
	require.False(t, j.saw(7, "1"))
	require.False(t, j.saw(7, "1"))
	require.True(t, j.saw(7, "2"))
}

func TestALoadThatSQLHasLeftBehindIsMadeAgain(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := aSale(anItem("phone", 10))
		sale.Epoch = 1
		load(t, g, sale)
		again, err := loadSnapshot(t, g, seckill.Snapshot{Sale: sale})
		require.NoError(t, err)
		require.False(t, again)

		// A loader that woke up late began an epoch and found the sale loaded.
		sale.Epoch = 2
		again, err = loadSnapshot(t, g, seckill.Snapshot{Sale: sale})
		require.NoError(t, err)
		require.True(t, again)
		loaded, err := g.Sale(t.Context(), sale.ID)
		require.NoError(t, err)
		require.EqualValues(t, 2, loaded.Epoch)
	})
}
