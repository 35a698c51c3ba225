package ledger

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestAMomentDoesNotSeeWhatIsCommittedMeanwhile(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10, "b": 10})
		orders := f.settle(f.orders(sale, 4)...)
		late := f.order(sale, 5)
		gone := orders[:2]
		_, err := f.Expire(t.Context(), []seckill.ID{gone[0].ID, gone[1].ID}, start.Add(time.Hour))
		require.NoError(t, err)
		require.NoError(t, f.markReleased(gone[1].ID))

		err = f.AtOneMoment(t.Context(), sale.ID, func(m *Moment) error {
			f.settle(late)
			_, err := f.Expire(t.Context(), []seckill.ID{orders[2].ID}, start.Add(time.Hour))
			require.NoError(t, err)
			require.NoError(t, f.markReleased(gone[0].ID))

			require.Equal(t, seckill.ItemCounters{SKU: "a", Total: 10, Reserved: 2, Releasing: 1}, m.Items[0])
			after, err := m.After(2)
			require.NoError(t, err)
			require.ElementsMatch(t, []PlacedOrder{
				{ID: orders[2].ID, Ticket: 3, Place: PlaceReserved, Lines: orders[2].Lines},
				{ID: orders[3].ID, Ticket: 4, Place: PlaceReserved, Lines: orders[3].Lines},
			}, after)
			releasing, err := m.Releasing()
			require.NoError(t, err)
			require.Equal(t, []PlacedOrder{{ID: gone[0].ID, Ticket: 1, Place: PlaceReleasing, Lines: gone[0].Lines}}, releasing)
			some, err := m.Orders([]seckill.ID{gone[1].ID, late.ID, 1})
			require.NoError(t, err)
			require.Equal(t, []PlacedOrder{{ID: gone[1].ID, Ticket: 2, Place: PlaceReleased, Lines: gone[1].Lines}}, some)
			recorded, err := m.Recorded([]seckill.ID{orders[3].ID, late.ID})
			require.NoError(t, err)
			require.Equal(t, map[seckill.ID]bool{orders[3].ID: true}, recorded)
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, seckill.CodeNotFound, seckill.CodeOf(f.AtOneMoment(t.Context(), 1, nil)))
		broken := errors.New("broken off")
		require.ErrorIs(t, f.AtOneMoment(t.Context(), sale.ID, func(*Moment) error { return broken }), broken)
	})
}
