package gate

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestNewestStateStaysInWhateverOrderTheyCome(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 10)))
		for _, step := range []struct {
			state    seckill.SaleState
			revision int64
			changed  bool
			now      seckill.SaleState
		}{
			{seckill.SalePaused, 5, true, seckill.SalePaused},
			{seckill.SalePaused, 5, false, seckill.SalePaused},
			{seckill.SaleReady, 4, false, seckill.SalePaused},
			{seckill.SaleReady, 6, true, seckill.SaleReady},
			{seckill.SalePaused, 2, false, seckill.SaleReady},
		} {
			changed, err := g.SetState(t.Context(), sale.ID, step.state, step.revision)
			require.NoError(t, err)
			require.Equal(t, step.changed, changed, step)
			got, err := g.Sale(t.Context(), sale.ID)
			require.NoError(t, err)
			require.Equal(t, step.now, got.State, step)
		}
		_, err := g.SetState(t.Context(), sale.ID, "nonsense", 9)
		coded(t, err, seckill.CodeInvalidRequest)
	})
}

func TestTotalIsATarget(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		g := s.gate(t)
		sale := load(t, g, aSale(anItem("phone", 10)))
		admit(t, g, wish(t, sale, "alice", "", of("phone", 4)))
		for _, step := range []struct {
			total, revision int64
			code            seckill.Code
			after           Counters
		}{
			{15, 5, "", Counters{Total: 15, Available: 11, InFlight: 4}},
			{15, 5, "", Counters{Total: 15, Available: 11, InFlight: 4}},
			{99, 4, "", Counters{Total: 15, Available: 11, InFlight: 4}},
			{3, 6, seckill.CodeConflict, Counters{Total: 15, Available: 11, InFlight: 4}},
			{4, 7, "", Counters{Total: 4, Available: 0, InFlight: 4}},
			{-1, 8, seckill.CodeInvalidRequest, Counters{Total: 4, Available: 0, InFlight: 4}},
			{6, 8, "", Counters{Total: 6, Available: 2, InFlight: 4}},
		} {
			err := g.SetTotal(t.Context(), sale.ID, "phone", step.total, step.revision)
			if step.code == "" {
				require.NoError(t, err)
			} else {
				coded(t, err, step.code)
			}
			require.Equal(t, step.after, countersOf(t, g, sale)["phone"], step)
		}
		coded(t, g.SetTotal(t.Context(), sale.ID, "cup", 1, 9), seckill.CodeNotFound)

		// A newer total of one item does not make an older state old.
		changed, err := g.SetState(t.Context(), sale.ID, seckill.SalePaused, 6)
		require.NoError(t, err)
		require.True(t, changed)
	})
}
