package gate

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// turn is a wish whose turn it is.
func turn(t testing.TB, s seckill.Sale, buyer, key string, number int64, lines ...seckill.Line) seckill.Request {
	r := wish(t, s, buyer, key, lines...)
	r.Turn = seckill.Turn{Number: number, Epoch: s.Epoch}
	return r
}

func TestATurnMakesOneOrder(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		item := anItem("phone", 10)
		item.LimitPerBuyer = 5
		sale := load(t, g, aSale(item))
		// Numbers of places reach beyond what a Lua number can tell apart.
		const number = seckill.FirstArrival - 1
		first := admit(t, g, turn(t, sale, "alice", "key", number, of("phone", 1)))
		again := admit(t, g, turn(t, sale, "alice", "key", number, of("phone", 1)))
		require.Equal(t, first.OrderID, again.OrderID, "the same click")
		require.True(t, again.Repeated)
		refused(t, g, turn(t, sale, "alice", "", number, of("phone", 1)), seckill.CodeQueueRequired)
		refused(t, g, turn(t, sale, "alice", "other", number, of("phone", 1)), seckill.CodeQueueRequired)
		admit(t, g, turn(t, sale, "alice", "other", number-1, of("phone", 1)))
		admit(t, g, turn(t, sale, "bob", "key", number, of("phone", 1)))
		require.Equal(t, int64(7), countersOf(t, g, sale)["phone"].Available)
		requireInFlight(t, g, sale)
	})
}

func TestATurnThatComesTwiceInOneBatchMakesOneOrder(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		item := anItem("phone", 10)
		item.LimitPerBuyer = 5
		sale := load(t, g, aSale(item))
		out := batch(t, g, turn(t, sale, "alice", "one", 7, of("phone", 1)), turn(t, sale, "alice", "two", 7, of("phone", 1)),
			turn(t, sale, "bob", "", 8, of("phone", 1)))
		require.NoError(t, out[0].err)
		coded(t, out[1].err, seckill.CodeQueueRequired)
		require.NoError(t, out[2].err)
		require.Equal(t, int64(8), countersOf(t, g, sale)["phone"].Available)
	})
}

func TestATurnThatIsRefusedIsNotUsed(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 1), anItem("cup", 1)))
		admit(t, g, turn(t, sale, "alice", "", 1, of("phone", 1)))
		refused(t, g, turn(t, sale, "bob", "", 2, of("phone", 1)), seckill.CodeSoldOut)
		admit(t, g, turn(t, sale, "bob", "", 2, of("cup", 1)))
	})
}

func TestATurnOfAnotherEpochIsNotTaken(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 1)))
		old := turn(t, sale, "alice", "", 1, of("phone", 1))
		old.Turn.Epoch += 10
		refused(t, g, old, seckill.CodeQueueRequired)
		admit(t, g, turn(t, sale, "alice", "", 1, of("phone", 1)))
	})
}
