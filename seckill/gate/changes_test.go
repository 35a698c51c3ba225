package gate

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

func receive(t *testing.T, ch <-chan seckill.Change) seckill.Change {
	t.Helper()
	select {
	case c := <-ch:
		return c
	case <-time.After(patience):
		t.Fatal("no change came")
		return seckill.Change{}
	}
}

func TestChangesReachThoseWhoWatchTheOrder(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		web, worker := s.gate(t), s.gate(t)
		run(t, web)
		sale := load(t, worker, aSale(anItem("phone", 10)))
		a := admit(t, worker, wish(t, sale, "alice", "", of("phone", 1)))
		one, stopOne := web.Watch(a.OrderID)
		two, stopTwo := web.Watch(a.OrderID)
		other, stopOther := web.Watch(newID())
		defer stopTwo()
		defer stopOther()
		settled := seckill.Change{OrderID: a.OrderID, Status: seckill.OrderAwaitingPayment}
		require.NoError(t, worker.Settled(t.Context(), sale.ID, readAll(t, worker, sale), []seckill.Change{settled}))
		require.Equal(t, settled, receive(t, one))
		require.Equal(t, settled, receive(t, two))

		stopOne()
		stopOne()
		// More changes than one message carries; the order's own comes last.
		paid := seckill.Change{OrderID: a.OrderID, Status: seckill.OrderPaid}
		var many []seckill.Change
		for range 2 * changesPerMessage {
			many = append(many, seckill.Change{OrderID: newID(), Status: seckill.OrderPaid})
		}
		require.NoError(t, worker.Publish(t.Context(), append(many, paid)...))
		require.Equal(t, paid, receive(t, two))
		worker.Announce(paid)
		require.Equal(t, paid, receive(t, two))
		require.Empty(t, one)
		require.Empty(t, other)
	})
}

func TestSubscriptionIsMadeAgain(t *testing.T) {
	onNetwork(t, func(t *testing.T, s server) {
		direct := s.gate(t)
		proxy := testkit.NewProxy(t, s.addr)
		behind := s
		behind.addr = proxy.Addr
		web := behind.gate(t)
		run(t, web)
		web.soldOut.ttl = time.Hour
		sale := load(t, direct, aSale(anItem("phone", 1)))
		admit(t, direct, wish(t, sale, "alice", "", of("phone", 1)))
		untilRemembered(t, web, sale, of("phone", 1))

		proxy.Cut()
		require.Eventually(t, func() bool { return web.Stats().Reconnects > 0 }, patience, time.Millisecond)
		require.NoError(t, direct.SetTotal(t.Context(), sale.ID, "phone", 2, 9))
		proxy.Restore()
		// The news came while nobody listened: the new subscription forgets all.
		require.Eventually(t, func() bool {
			_, err := web.Admit(t.Context(), wish(t, sale, "bob", "", of("phone", 1)))
			return err == nil
		}, patience, 5*time.Millisecond)
		order := newID()
		ch, stop := web.Watch(order)
		defer stop()
		require.Eventually(t, func() bool {
			require.NoError(t, direct.Publish(t.Context(), seckill.Change{OrderID: order, Status: seckill.OrderPaid}))
			return len(ch) > 0
		}, patience, 5*time.Millisecond)
	})
}

func TestSlowWatcherHoldsNobodyUp(t *testing.T) {
	h := newChangeHub(10)
	ch, stop := h.watch(1)
	defer stop()
	for range 5 * changesBuffered {
		h.tell(seckill.Change{OrderID: 1, Status: seckill.OrderPaid})
	}
	require.Len(t, ch, changesBuffered)
}

func TestWatchersAreBounded(t *testing.T) {
	h := newChangeHub(2)
	var stops []func()
	for range 2 {
		_, stop := h.watch(1)
		stops = append(stops, stop)
	}
	deaf, stopDeaf := h.watch(1)
	h.tell(seckill.Change{OrderID: 1})
	require.Empty(t, deaf)
	stopDeaf()
	for _, stop := range stops {
		stop()
	}
	require.Empty(t, h.watchers)
	require.Zero(t, h.count)
	ch, stop := h.watch(1)
	defer stop()
	h.tell(seckill.Change{OrderID: 1})
	require.Len(t, ch, 1)
}

func TestNonsenseOnTheChannelIsIgnored(t *testing.T) {
	t.Parallel()
	g := &Gate{hub: newChangeHub(10), journal: newJournal(0), soldOut: newSoldOutMemory(time.Second, time.Now, nil)}
	ch, stop := g.Watch(7)
	defer stop()
	for _, m := range []string{"", "orders", "orders ", "orders x:paid", "stock", "stock x", "other 7:paid", fmt.Sprint("orders ", -7, ":paid")} {
		g.heard(m)
	}
	require.Empty(t, ch)
	g.heard("orders 1:paid 7:paid")
	require.Equal(t, seckill.Change{OrderID: 7, Status: seckill.OrderPaid}, <-ch)
}
