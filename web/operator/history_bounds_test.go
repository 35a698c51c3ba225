package operator

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
)

func TestHistoryIsBoundedInTimeAndInSales(t *testing.T) {
	t.Parallel()
	h := newHistories()
	now := time.Unix(1_800_000_000, 0)
	for range 2 * historySpan / DefaultSampleEvery {
		h.forget(now)
		h.add(7, historyPoint{at: now})
		now = now.Add(DefaultSampleEvery)
	}
	require.Len(t, h.points(7), int(historySpan/DefaultSampleEvery)+1)
	h.add(7, historyPoint{at: now.Add(-time.Minute)})
	require.Len(t, h.points(7), int(historySpan/DefaultSampleEvery)+1, "time goes forward")
	h.forget(now.Add(2 * historySpan))
	require.Empty(t, h.points(7))
	require.Empty(t, h.of, "a sale that is over takes no memory")

	var active []gate.ActiveSale
	for i := range 3 * maxHistories {
		active = append(active, gate.ActiveSale{ID: seckill.ID(i + 1), StartsAt: now.Add(time.Duration(i-200) * time.Second), EndsAt: now.Add(time.Hour)})
	}
	ids := sampled(active, now)
	require.Len(t, ids, maxHistories)
	require.EqualValues(t, 3*maxHistories, ids[0], "those that opened last")
}
