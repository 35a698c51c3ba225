package gate

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// ended admits an order, as SQL has it afterwards, and releases it.
func ended(t *testing.T, g *Gate, r seckill.Request) seckill.Order {
	t.Helper()
	o := acknowledged(r, admit(t, g, r))
	require.NoError(t, releaseOf(t, g, r.SaleID, []seckill.ID{o.ID}))
	return o
}

func retaken(t *testing.T, g *Gate, o seckill.Order) bool {
	t.Helper()
	return whyNotAgain(t, g, o) == ""
}

func whyNotAgain(t *testing.T, g *Gate, o seckill.Order) (refusal string) {
	t.Helper()
	refusal, epoch, err := g.Retake(t.Context(), o)
	require.NoError(t, err)
	require.Zero(t, epoch, "that of the load")
	return refusal
}

func releaseForGood(t *testing.T, g *Gate, o seckill.Order) {
	t.Helper()
	_, err := g.ReleaseForGood(t.Context(), o.SaleID, []seckill.ID{o.ID})
	require.NoError(t, err)
}

// Every way of an order meets every call; available tells who has its unit.
func TestWhatBecomesOfTheUnitsOfALateOrder(t *testing.T) {
	const retake, release, forGood = "retake", "release", "release for good"
	cases := []struct {
		name  string
		calls []string
		taken bool // by the last retake
		held  bool // in the end
	}{
		{"held, taken again", []string{retake}, true, true},
		{"held, taken again twice", []string{retake, retake}, true, true},
		{"a slow release of before takes nothing back", []string{retake, release}, true, true},
		{"released, taken again", []string{release, retake}, true, true},
		{"released twice after", []string{release, retake, release, release}, true, true},
		{"refused after all", []string{release, retake, forGood}, true, false},
		{"refused without having been asked", []string{forGood}, false, false},
		{"refused when it was released", []string{release, forGood}, false, false},
		{"for good is for good", []string{retake, forGood, retake}, false, false},
		{"for good is for good, from released", []string{release, forGood, retake, release}, false, false},
		{"for good twice", []string{retake, forGood, forGood}, true, false},
	}
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		for _, c := range cases {
			for _, known := range []bool{true, false} {
				sale := load(t, g, aSale(anItem("phone", 3)))
				r := wish(t, sale, "alice", "k", of("phone", 2))
				o := seckill.Order{ID: r.OrderID, SaleID: sale.ID, Buyer: r.Buyer, RequestKey: "k", Ticket: 1, Lines: r.Lines,
					Amount: r.Amount, Currency: r.Currency, CreatedAt: time.Now()}
				if known {
					o = acknowledged(r, admit(t, g, r))
				}
				taken := false
				for _, call := range c.calls {
					switch call {
					case retake:
						taken = retaken(t, g, o)
					case release:
						require.NoError(t, releaseOf(t, g, sale.ID, []seckill.ID{o.ID}))
					case forGood:
						releaseForGood(t, g, o)
					}
				}
				require.Equal(t, c.taken, taken, "%s, known: %t", c.name, known)
				want := int64(3)
				if c.held {
					want = 1
				}
				require.Equal(t, want, countersOf(t, g, sale)["phone"].Available, "%s, known: %t", c.name, known)
				has, err := g.Held(t.Context(), sale.ID, []seckill.ID{o.ID})
				require.NoError(t, err)
				require.Equal(t, c.held, has[o.ID], "%s, known: %t", c.name, known)
			}
		}
	})
}

func TestAllLinesAreTakenAgainOrNone(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 2), anItem("cup", 5)))
		o := ended(t, g, wish(t, sale, "alice", "", of("cup", 3), of("phone", 2)))
		another := admit(t, g, wish(t, sale, "bob", "", of("phone", 1)))
		require.False(t, retaken(t, g, o), "one phone is gone")
		require.Equal(t, int64(5), countersOf(t, g, sale)["cup"].Available)
		require.NoError(t, releaseOf(t, g, sale.ID, []seckill.ID{another.OrderID}))
		require.True(t, retaken(t, g, o))
		c := countersOf(t, g, sale)
		require.Equal(t, int64(0), c["phone"].Available)
		require.Equal(t, int64(2), c["cup"].Available)
	})
}

// Whoever bought again since, or paid several orders late, has no more of it in the end
// than one who paid in time.
func TestALateOrderGetsNoMoreThanItsBuyerMayHave(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		one, two := anItem("phone", 9), anItem("cup", 9)
		one.LimitPerBuyer, two.LimitPerBuyer = 1, 2
		sale := load(t, g, aSale(one, two))
		available := func(phones, cups int64) {
			t.Helper()
			c := countersOf(t, g, sale)
			require.Equal(t, []int64{phones, cups}, []int64{c["phone"].Available, c["cup"].Available})
		}
		o := ended(t, g, wish(t, sale, "alice", "a", of("phone", 1), of("cup", 1)))
		other := ended(t, g, wish(t, sale, "alice", "b", of("phone", 1)))
		held := admit(t, g, wish(t, sale, "alice", "c", of("phone", 1)))
		require.Equal(t, seckill.ReasonPaidLateLimit, whyNotAgain(t, g, o), "she has another one")
		available(8, 9)

		require.NoError(t, releaseOf(t, g, sale.ID, []seckill.ID{held.OrderID}))
		require.True(t, retaken(t, g, o))
		require.True(t, retaken(t, g, o), "it does not stand against itself")
		require.Equal(t, seckill.ReasonPaidLateLimit, whyNotAgain(t, g, other))
		refused(t, g, wish(t, sale, "alice", "d", of("phone", 1)), seckill.CodeLimitExceeded)
		require.Equal(t, o.ID, admit(t, g, wish(t, sale, "alice", "a", of("phone", 1))).OrderID, "by its key")
		available(8, 8)

		releaseForGood(t, g, o)
		require.True(t, retaken(t, g, other))
		available(8, 9)
		still := admit(t, g, wish(t, sale, "alice", "e", of("cup", 2)))
		require.True(t, retaken(t, g, seckill.Order{ID: still.OrderID, SaleID: sale.ID}), "one that was not released yet is counted already")
	})
}

func TestOfManyWhoWantTheLastUnitOneGetsIt(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 1)))
		var late []seckill.Order
		for i := range 6 {
			late = append(late, ended(t, g, wish(t, sale, buyerName(i), "", of("phone", 1))))
		}
		var mu sync.Mutex
		winners := map[seckill.ID]bool{}
		var crowd sync.WaitGroup
		for _, o := range append(late, late...) {
			crowd.Go(func() {
				refusal, _, err := g.Retake(t.Context(), o)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if refusal == "" {
					winners[o.ID] = true
				}
			})
		}
		crowd.Wait()
		require.Len(t, winners, 1)
		require.Zero(t, countersOf(t, g, sale)["phone"].Available)
	})
}

// A load writes what SQL has decided, and what it has not.
func TestALoadKnowsWhoWasPaidLate(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := aSale(anItem("phone", 10))
		sale.Epoch = 4
		order := func(ticket int64, status seckill.OrderStatus) seckill.Order {
			return seckill.Order{ID: newID(), SaleID: sale.ID, Buyer: "alice", Ticket: ticket, Status: status, Currency: "CNY",
				Lines: []seckill.Line{of("phone", 1)}, CreatedAt: time.Now()}
		}
		undecided, undecidedReleased := order(1, seckill.OrderExpired), order(2, seckill.OrderExpired)
		taken, refusing, refused := order(3, seckill.OrderPaid), order(4, seckill.OrderRefundDue), order(5, seckill.OrderRefunded)
		ok, err := loadSnapshot(t, g, seckill.Snapshot{Sale: sale, Ticket: 5, Taken: map[string]int64{"phone": 3},
			Orders:    []seckill.Order{undecided, undecidedReleased, taken, refusing, refused},
			Releasing: map[seckill.ID]bool{undecided.ID: true, refusing.ID: true},
			Retaken:   map[seckill.ID]bool{taken.ID: true, refusing.ID: true, refused.ID: true}})
		require.NoError(t, err)
		require.True(t, ok)
		states, err := g.cfg.Client.HGetAll(t.Context(), g.keys(sale.ID).orders()).Result()
		require.NoError(t, err)
		for o, want := range map[*seckill.Order]string{&undecided: "h", &undecidedReleased: "x", &taken: "k", &refusing: "k", &refused: "z"} {
			require.Equal(t, want, states[o.ID.Short()][:1], "order %d", o.Ticket)
		}
		refusal, epoch, err := g.Retake(t.Context(), undecidedReleased)
		require.NoError(t, err)
		require.Empty(t, refusal)
		require.EqualValues(t, 4, epoch)
		releaseForGood(t, g, refusing)
		require.NoError(t, releaseOf(t, g, sale.ID, []seckill.ID{taken.ID}))
		require.Equal(t, int64(7), countersOf(t, g, sale)["phone"].Available)
	})
}

// An audit that looks twice has to learn of units that were taken in between; one
// that only changes its name is no change.
func TestUnitsThatAreTakenAgainAreToldToAnAudit(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 10)))
		gone := ended(t, g, wish(t, sale, "alice", "", of("phone", 1)))
		r := wish(t, sale, "bob", "", of("phone", 1))
		still := acknowledged(r, admit(t, g, r))
		reading, err := g.Read(t.Context(), sale.ID)
		require.NoError(t, err)

		require.True(t, retaken(t, g, still))
		since, err := g.ReleasedSince(t.Context(), sale.ID, reading)
		require.NoError(t, err)
		require.Empty(t, since)
		releaseForGood(t, g, still)
		since, err = g.ReleasedSince(t.Context(), sale.ID, reading)
		require.NoError(t, err)
		require.Equal(t, []seckill.ID{still.ID}, since)

		require.True(t, retaken(t, g, gone))
		_, err = g.ReleasedSince(t.Context(), sale.ID, reading)
		coded(t, err, seckill.CodeConflict)
		coded(t, g.Repair(t.Context(), sale.ID, reading, map[string]int64{"phone": 9}), seckill.CodeConflict)
	})
}
