package gate

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestBatchesGrowWhileSQLIsBusy(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		const buyers = 5
		web, worker := s.gate(t, func(c *Config) { c.Workers = 1 }), s.gate(t)
		web.cfg.CommitWait = patience
		run(t, web)
		sale := load(t, worker, aSale(anItem("phone", buyers)))
		answers := make(chan error, buyers)
		buy := func(i int) {
			_, err := web.Admit(t.Context(), wish(t, sale, buyerName(i), "", of("phone", 1)))
			answers <- err
		}
		settle := func(entries []seckill.OutboxEntry) {
			var changes []seckill.Change
			for _, e := range entries {
				for _, o := range e.Orders {
					changes = append(changes, seckill.Change{OrderID: o.ID, Status: seckill.OrderAwaitingPayment})
				}
			}
			require.NoError(t, worker.Settled(t.Context(), sale.ID, entries, changes))
		}
		read := func(block time.Duration) []seckill.OutboxEntry {
			entries, err := worker.ReadOutbox(t.Context(), sale.ID, "relay", 100, block)
			require.NoError(t, err)
			return entries
		}

		go buy(0)
		first := read(patience)
		require.Len(t, first, 1)
		for i := 1; i < buyers; i++ {
			go buy(i)
		}
		require.Empty(t, read(50*time.Millisecond), "a batch went before SQL had the one before it")
		require.Empty(t, answers)
		settle(first)
		require.NoError(t, <-answers)
		for answered := 1; answered < buyers; {
			entries := read(patience)
			settle(entries)
			for _, e := range entries {
				for range e.Orders {
					require.NoError(t, <-answers)
					answered++
				}
			}
		}
	})
}

func TestNoBatchWaitsForACommitThatDoesNotCome(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t, func(c *Config) { c.CommitWait = time.Millisecond; c.SoldOutTTL = -1 })
		sale := load(t, g, aSale(anItem("phone", 1)))
		admit(t, g, wish(t, sale, "alice", "k", of("phone", 1)))

		g.cfg.CommitWait = patience // but not for what is not admitted
		require.True(t, admit(t, g, wish(t, sale, "alice", "k", of("phone", 1))).Repeated)
		_, err := g.Admit(t.Context(), wish(t, sale, "bob", "k", of("phone", 1)))
		require.Equal(t, seckill.CodeSoldOut, seckill.CodeOf(err))
	})
}
