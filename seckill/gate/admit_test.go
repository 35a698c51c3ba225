package gate

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate/embedded"
)

func TestSlotsAreThoseOfRedisCluster(t *testing.T) {
	require.Equal(t, uint16(12739), slot("123456789"))
	require.Equal(t, slot("user1000"), slot("{user1000}.following"))
}

func TestAdmitsExactlyAsManyAsThereAreUnits(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		const total, buyers = 57, 200
		web := []*Gate{s.gate(t), s.gate(t, func(c *Config) { c.BatchLimit = 5 })}
		sale := load(t, web[0], aSale(anItem("phone", total)))
		var mu sync.Mutex
		tickets := map[int64]bool{}
		var crowd sync.WaitGroup
		for i := range buyers {
			crowd.Go(func() {
				a, err := web[i%2].Admit(t.Context(), wish(t, sale, buyerName(i), "", of("phone", 1)))
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					tickets[a.Ticket] = true
				} else if seckill.CodeOf(err) != seckill.CodeSoldOut {
					t.Errorf("refused with %v", err)
				}
			})
		}
		crowd.Wait()
		require.Len(t, tickets, total)
		for n := int64(1); n <= total; n++ {
			require.True(t, tickets[n], "ticket %d", n)
		}
		require.Equal(t, map[string]Counters{"phone": {Total: total, Available: 0, InFlight: total}}, countersOf(t, web[0], sale))
		requireInFlight(t, web[0], sale)
	})
}

func TestAdmissionTellsWhatWasAgreed(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 5)))
		before, err := g.Now(t.Context())
		require.NoError(t, err)
		r := wish(t, sale, "alice", "k", of("phone", 2))
		a := admit(t, g, r)
		after, err := g.Now(t.Context())
		require.NoError(t, err)
		require.Equal(t, r.OrderID, a.OrderID)
		require.Equal(t, int64(1), a.Ticket)
		require.False(t, a.Repeated)
		require.False(t, a.At.Before(before) || a.At.After(after), "%v not in [%v, %v]", a.At, before, after)
		require.Equal(t, a.At.Add(sale.Hold), a.HoldUntil)
	})
}

// Amounts and ids lie beyond 2^53, and names hold what separates fields.
func TestOrdersComeBackAsTheyWere(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		items := []seckill.Item{anItem("phone", 5)}
		var lines []seckill.Line
		for i := range seckill.MaxLinesPerOrder {
			dear := anItem(fmt.Sprintf("a.b_c-%d", i), 5000)
			dear.Price = seckill.MaxPrice - 1
			dear.LimitPerBuyer = 5000
			items, lines = append(items, dear), append(lines, of(dear.SKU, 1000-int64(i/9)))
		}
		sale := load(t, g, aSale(items...))
		for i, buyer := range []string{"alice", "a b  c", "x:1:2,y=3 %d", "日本 太郎", `"quoted"`} {
			r := wish(t, sale, buyer, fmt.Sprintf("=k:%d,%%s-", i), lines...)
			a := admit(t, g, r)
			want := seckill.Order{
				ID: r.OrderID, SaleID: sale.ID, Buyer: buyer, Ticket: a.Ticket, Lines: r.Lines, Amount: r.Amount,
				Currency: "CNY", Status: seckill.OrderQueued, CreatedAt: a.At, HoldUntil: a.HoldUntil,
			}
			require.NotEqual(t, want.Amount, int64(float64(want.Amount)), "more than a float64 holds")
			got, err := g.QueuedOrder(t.Context(), sale.ID, r.OrderID)
			require.NoError(t, err)
			require.Equal(t, want, got)
			entries := readAll(t, g, sale)
			require.Len(t, entries, 1)
			want.RequestKey = r.Key
			require.Equal(t, []seckill.Order{want}, entries[0].Orders)
			require.Equal(t, sale.Hold, entries[0].Hold)
			require.Equal(t, sale.ID, entries[0].SaleID)
			repeated := admit(t, g, wish(t, sale, buyer, r.Key, of("phone", 1)))
			require.Equal(t, r.OrderID, repeated.OrderID)
		}
		_, err := g.QueuedOrder(t.Context(), sale.ID, newID())
		coded(t, err, seckill.CodeNotFound)
	})
}

func TestTwinClicksInOneBatchAreOneOrder(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		one := anItem("phone", 10)
		one.LimitPerBuyer = 1
		sale := load(t, g, aSale(one))
		first := wish(t, sale, "alice", "key", of("phone", 1))
		o := batch(t, g, first,
			wish(t, sale, "alice", "key", of("phone", 1)),
			wish(t, sale, "alice", "", of("phone", 1)),
			wish(t, sale, "bob", "key", of("phone", 1)))
		require.NoError(t, o[0].err)
		require.NoError(t, o[1].err)
		again := o[0].admission
		again.Repeated = true
		require.Equal(t, again, o[1].admission)
		require.Equal(t, first.OrderID, coded(t, o[2].err, seckill.CodeLimitExceeded).OrderID)
		require.NoError(t, o[3].err, "another buyer's key is another key")
		require.Equal(t, Counters{Total: 10, Available: 8, InFlight: 2}, countersOf(t, g, sale)["phone"])
		require.Len(t, readAll(t, g, sale), 1, "one call leaves one entry")
	})
}

func TestKeyComesBeforeEverythingElse(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 1)))
		first := admit(t, g, wish(t, sale, "alice", "key", of("phone", 1)))
		again := first
		again.Repeated = true
		retry := func(when string) {
			require.Equal(t, again, admit(t, g, wish(t, sale, "alice", "key", of("phone", 1))), when)
		}
		retry("sold out")
		require.NoError(t, releaseOf(t, g, sale.ID, []seckill.ID{first.OrderID}))
		retry("released")
		for i, state := range []seckill.SaleState{seckill.SalePaused, seckill.SaleRecovering, seckill.SaleClosed} {
			_, err := g.SetState(t.Context(), sale.ID, state, int64(10+i))
			require.NoError(t, err)
			retry(string(state))
		}
	})
}

func TestLimitPerBuyerNamesTheBuyersOrder(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		phone, cup := anItem("phone", 10), anItem("cup", 10)
		phone.LimitPerBuyer = 2
		sale := load(t, g, aSale(phone, cup))
		require.Zero(t, refused(t, g, wish(t, sale, "alice", "", of("phone", 3)), seckill.CodeLimitExceeded).OrderID,
			"who has no order has none to name")
		admit(t, g, wish(t, sale, "alice", "", of("phone", 1)))
		second := admit(t, g, wish(t, sale, "alice", "", of("phone", 1)))
		e := refused(t, g, wish(t, sale, "alice", "", of("cup", 1), of("phone", 1)), seckill.CodeLimitExceeded)
		require.Equal(t, second.OrderID, e.OrderID)
		admit(t, g, wish(t, sale, "alice", "", of("cup", 1)))

		require.NoError(t, releaseOf(t, g, sale.ID, []seckill.ID{second.OrderID}))
		admit(t, g, wish(t, sale, "alice", "", of("phone", 1)))
	})
}

func TestLinesAreTakenAllOrNothing(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t, func(c *Config) { c.BatchLimit = 7; c.Workers = 4 })
		sale := load(t, g, aSale(anItem("phone", 30), anItem("cup", 20)))
		var both, phones, cups sync.Map
		var crowd sync.WaitGroup
		for i := range 150 {
			lines := [][]seckill.Line{{of("phone", 1), of("cup", 1)}, {of("phone", 1)}, {of("cup", 1)}}[i%3]
			admitted := []*sync.Map{&both, &phones, &cups}[i%3]
			crowd.Go(func() {
				if a, err := g.Admit(t.Context(), wish(t, sale, buyerName(i), "", lines...)); err == nil {
					admitted.Store(a.OrderID, true)
				}
			})
		}
		crowd.Wait()
		size := func(m *sync.Map) (n int64) {
			m.Range(func(any, any) bool { n++; return true })
			return n
		}
		c := countersOf(t, g, sale)
		require.Equal(t, Counters{Total: 30, Available: 30 - size(&both) - size(&phones), InFlight: size(&both) + size(&phones)}, c["phone"])
		require.Equal(t, Counters{Total: 20, Available: 20 - size(&both) - size(&cups), InFlight: size(&both) + size(&cups)}, c["cup"])
		require.Zero(t, c["cup"].Available, "50 cups are wanted")
		requireInFlight(t, g, sale)
	})
}

func TestRedisClockOpensAndCloses(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		now, err := g.Now(t.Context())
		require.NoError(t, err)

		early := aSale(anItem("phone", 1))
		early.StartsAt = now.Add(10 * time.Minute)
		load(t, g, early)
		e := refused(t, g, wish(t, early, "alice", "", of("phone", 1)), seckill.CodeNotStarted)
		require.Equal(t, early.StartsAt, e.At)
		require.InDelta(t, 10*time.Minute, e.RetryAfter, float64(5*time.Minute))

		late := aSale(anItem("phone", 1))
		late.EndsAt = now
		load(t, g, late)
		require.Equal(t, late.EndsAt, refused(t, g, wish(t, late, "alice", "", of("phone", 1)), seckill.CodeEnded).At)

		soon := aSale(anItem("phone", 1))
		soon.StartsAt = now.Add(300 * time.Millisecond)
		load(t, g, soon)
		var a seckill.Admission
		require.Eventually(t, func() bool {
			var err error
			a, err = g.Admit(t.Context(), wish(t, soon, "alice", "", of("phone", 1)))
			return err == nil
		}, patience, 5*time.Millisecond)
		require.False(t, a.At.Before(soon.StartsAt))
	})
}

// Each web process may think of the time what it likes.
func TestTheWindowGoesByTheClockOfRedisAlone(t *testing.T) {
	t.Parallel()
	r, err := embedded.Start()
	require.NoError(t, err)
	t.Cleanup(r.Close)
	g := server{dial: r.Dial, prefix: "test"}.gate(t)
	sale := aSale(anItem("phone", 3))
	sale.StartsAt = time.Now().UTC().Truncate(time.Millisecond).Add(24 * time.Hour)
	sale.EndsAt = sale.StartsAt.Add(time.Hour)
	load(t, g, sale)

	for _, step := range []struct {
		at   time.Time
		code seckill.Code
	}{
		{sale.StartsAt.Add(-time.Millisecond), seckill.CodeNotStarted},
		{sale.StartsAt, ""},
		{sale.EndsAt.Add(-time.Millisecond), ""},
		{sale.EndsAt, seckill.CodeEnded},
	} {
		r.SetTime(step.at)
		request := wish(t, sale, "alice", "", of("phone", 1))
		if step.code != "" {
			refused(t, g, request, step.code)
			continue
		}
		a := admit(t, g, request)
		require.Equal(t, step.at, a.At)
		require.Equal(t, step.at.Add(sale.Hold), a.HoldUntil)
		require.NoError(t, g.Settled(t.Context(), sale.ID, readAll(t, g, sale), nil))
	}
}

func TestStatesThatAdmitNobody(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := aSale(anItem("phone", 5))
		request := wish(t, sale, "alice", "", of("phone", 1))
		refused(t, g, request, seckill.CodeUnavailable)
		load(t, g, sale)
		for i, c := range []struct {
			state seckill.SaleState
			code  seckill.Code
		}{
			{seckill.SalePaused, seckill.CodeUnavailable},
			{seckill.SaleRecovering, seckill.CodeUnavailable},
			{seckill.SaleClosed, seckill.CodeEnded},
		} {
			_, err := g.SetState(t.Context(), sale.ID, c.state, int64(10+i))
			require.NoError(t, err)
			refused(t, g, request, c.code)
		}
		require.Equal(t, Counters{Total: 5, Available: 5}, countersOf(t, g, sale)["phone"])
		require.Empty(t, readAll(t, g, sale))
	})
}

func TestRequestsThatFitNoSaleAreRefused(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 5)))
		for name, spoil := range map[string]func(*seckill.Request){
			"unknown item":   func(r *seckill.Request) { r.Lines[0].SKU = "cup" },
			"sku with comma": func(r *seckill.Request) { r.Lines[0].SKU = "a,b" },
			"no units":       func(r *seckill.Request) { r.Lines[0].Quantity = 0 },
			"no lines":       func(r *seckill.Request) { r.Lines = nil },
			"no order id":    func(r *seckill.Request) { r.OrderID = 0 },
			"key with space": func(r *seckill.Request) { r.Key = "a b" },
			"no buyer":       func(r *seckill.Request) { r.Buyer = "" },
			"no currency":    func(r *seckill.Request) { r.Currency = "" },
		} {
			r := wish(t, sale, "alice", "", of("phone", 1))
			spoil(&r)
			_, err := g.Admit(t.Context(), r)
			require.Equal(t, seckill.CodeInvalidRequest, seckill.CodeOf(err), "%s: %v", name, err)
		}
		require.Equal(t, int64(5), countersOf(t, g, sale)["phone"].Available)
	})
}

func TestStopsWhenTooMuchIsInFlight(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t, func(c *Config) { c.MaxOutbox = 3 })
		sale := load(t, g, aSale(anItem("phone", 100)))
		var requests []seckill.Request
		for i := range 5 {
			requests = append(requests, wish(t, sale, buyerName(i), "", of("phone", 1)))
		}
		o := batch(t, g, requests...)
		require.NoError(t, o[2].err)
		coded(t, o[3].err, seckill.CodeUnavailable)
		coded(t, o[4].err, seckill.CodeUnavailable)
		require.Equal(t, int64(3), countersOf(t, g, sale)["phone"].InFlight)
		require.NoError(t, g.Settled(t.Context(), sale.ID, readAll(t, g, sale), nil))
		admit(t, g, requests[3])
	})
}

func TestStopsWhileOrdersWaitLongerThanTheirShareOfTheHold(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := aSale(anItem("phone", 100))
		sale.Hold = 20 * time.Second
		load(t, g, sale)
		buyer := 0
		next := func() seckill.Request {
			buyer++
			return wish(t, sale, buyerName(buyer), "", of("phone", 1))
		}
		lag := func(d time.Duration) {
			now, err := g.Now(t.Context())
			require.NoError(t, err)
			require.NoError(t, g.cfg.Client.HSet(t.Context(), g.keys(sale.ID).inflight(), "#since", now.Add(-d).UnixMilli()).Err())
		}
		admit(t, g, next())
		lag(11 * time.Second)
		refused(t, g, next(), seckill.CodeUnavailable)
		lag(9 * time.Second)
		admit(t, g, next())
		lag(11 * time.Second)

		// The second entry is settled; the first stays behind. It alone does not
		// stop the sale, not even when it is old.
		entries := readAll(t, g, sale)
		require.Len(t, entries, 2)
		require.NoError(t, g.Settled(t.Context(), sale.ID, entries[1:], nil))
		waits, err := g.cfg.Client.HExists(t.Context(), g.keys(sale.ID).inflight(), "#since").Result()
		require.NoError(t, err)
		require.False(t, waits, "nothing behind the newest settled entry waits")
		admit(t, g, next())
		lag(11 * time.Second)
		require.NoError(t, g.Settled(t.Context(), sale.ID, entries[:1], nil))
		admit(t, g, next())
	})
}

// The largest call must fit the Lua stack of either server.
func TestLargestBatchFits(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		var items []seckill.Item
		for i := range seckill.MaxItemsPerSale {
			items = append(items, anItem(fmt.Sprintf("item-%d", i), 1000))
		}
		sale := load(t, g, aSale(items...))
		var requests []seckill.Request
		for i := range maxBatchLimit {
			var lines []seckill.Line
			for l := range seckill.MaxLinesPerOrder {
				lines = append(lines, of(items[(i+l)%len(items)].SKU, 1))
			}
			requests = append(requests, wish(t, sale, buyerName(i), fmt.Sprint("key-", i), lines...))
		}
		for i, o := range batch(t, g, requests...) {
			require.NoError(t, o.err)
			require.Equal(t, int64(i+1), o.admission.Ticket, "order of arrival")
		}
		entries := readAll(t, g, sale)
		require.Len(t, entries, 1)
		require.Len(t, entries[0].Orders, maxBatchLimit)
		for i, o := range entries[0].Orders {
			require.Equal(t, requests[i].OrderID, o.ID)
		}
		requireInFlight(t, g, sale)
		require.NoError(t, g.Settled(t.Context(), sale.ID, entries, nil))
		requireInFlight(t, g, sale)
	})
}

func TestClosedGateRefuses(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 5)))
		g.Close()
		e := refused(t, g, wish(t, sale, "alice", "", of("phone", 1)), seckill.CodeUnavailable)
		require.False(t, errors.Is(e, seckill.ErrOutcomeUnknown))
	})
}

func entryIDs(entries []seckill.OutboxEntry) []string {
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.ID
	}
	return ids
}
