package ledger

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestEventsStayUntilTheyAreDeleted(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 20})
		orders := f.settle(f.orders(sale, 3)...)
		f.clock.Advance(time.Second)
		f.pay(orders[1])

		batches, err := f.Events(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, batches, 2, "one for each transaction")
		require.Len(t, batches[0].Events, 3)
		paid := orders[1]
		paid.Status = seckill.OrderPaid
		event := seckill.NewEvent(paid, start.Add(time.Second))
		body, err := json.Marshal(event)
		require.NoError(t, err)
		require.Len(t, batches[1].Events, 1)
		require.Equal(t, event.ID, batches[1].Events[0].ID)
		require.Equal(t, event.Type, batches[1].Events[0].Type)
		require.JSONEq(t, string(body), string(batches[1].Events[0].Body))

		first, err := f.Events(t.Context(), 1)
		require.NoError(t, err)
		require.Equal(t, batches[:1], first)
		for range 2 {
			require.NoError(t, f.EventsPublished(t.Context(), batches[:1], nil))
		}
		left, err := f.Events(t.Context(), 0)
		require.NoError(t, err)
		require.Equal(t, batches[1:], left)
	})
}
