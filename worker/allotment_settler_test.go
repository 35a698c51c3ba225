package worker

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/proof/stores"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/inventory"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// allotted is an audited sale whose one item, a, is ten of the shop's 25 cups.
type allotted struct {
	*audited
	stock   *inventory.Inventory
	settler *AllotmentSettler
	sale    seckill.Sale
}

func newAllotted(t *testing.T) *allotted {
	t.Helper()
	db := stores.Open(t, database.SQLite, stores.SQLite(t))
	stock, err := inventory.New(inventory.Config{DB: db})
	require.NoError(t, err)
	l := ledger.New(ledger.Config{DB: db, Goods: stock, Logger: quiet})
	t.Cleanup(func() { require.NoError(t, l.Close()); require.NoError(t, stock.Close()) })
	units := int64(25)
	_, err = stock.SetInv(t.Context(), inventory.Set{Goods: "cup", To: &units, Actor: "ann"})
	require.NoError(t, err)
	a := &allotted{audited: newAuditedOf(t, l), stock: stock}
	a.goods = "cup"
	a.sale = a.open("a")
	a.settler = &AllotmentSettler{Stock: stock, SQL: l, Redis: a.gate, After: time.Hour, Leases: freeLease{}, Log: quiet}
	return a
}

func (a *allotted) step() {
	a.t.Helper()
	_, err := a.settler.step(a.t.Context())
	require.NoError(a.t, err)
}

// cups asserts what of the shop's stock is where, and that all of it adds up.
func (a *allotted) cups(available, allotted, sold int64) {
	a.t.Helper()
	g, err := a.stock.InvDetail(a.t.Context(), "cup")
	require.NoError(a.t, err)
	require.Equal(a.t, []int64{available, allotted, sold}, []int64{g.Available, g.Allotted, g.Sold}, "available, allotted, sold")
	findings, err := a.stock.Audit(a.t.Context())
	require.NoError(a.t, err)
	require.Empty(a.t, findings)
	report, err := a.Audit(a.t.Context(), a.sale.ID)
	require.NoError(a.t, err)
	for _, item := range report.Items {
		require.Zero(a.t, item.Drift, "%+v", item)
	}
}

// inItsEpoch is what the settler reads off an order's entry.
func inItsEpoch(_ *audited, s seckill.Sale, w ways) {
	for _, x := range w {
		x.order.Epoch = s.Epoch
	}
}

func TestASaleThatIsOverGivesBackWhatItDidNotSell(t *testing.T) {
	t.Parallel()
	a := newAllotted(t)
	a.cups(15, 10, 0)
	bought, unpaid := ways{{sku: "a"}}, ways{{sku: "a"}}
	for _, step := range []step{admitted, inItsEpoch, settledAndPaid, confirmed, cleared} {
		step(a.audited, a.sale, bought)
	}
	admitted(a.audited, a.sale, unpaid)
	inItsEpoch(a.audited, a.sale, unpaid)
	a.step()
	a.cups(15, 10, 0)
	a.close(a.sale)
	a.step()
	a.cups(15, 10, 0) // an order is on its way
	settled(a.audited, a.sale, unpaid)
	cleared(a.audited, a.sale, unpaid)
	a.step()
	a.cups(15, 10, 0) // and awaits its payment
	expired(a.audited, a.sale, unpaid)
	a.step()
	a.cups(15, 10, 0) // and is to come back to Redis
	released(a.audited, a.sale, unpaid)
	marked(a.audited, a.sale, unpaid)
	for range 2 {
		a.step()
		a.cups(23, 0, 2)
	}
	require.Zero(t, a.available(a.sale, "a"), "Redis has nothing left to take again")

	// Whoever pays now gets none of the units that the shop sells again.
	paidLate(a.audited, a.sale, unpaid)
	getsNot(a.audited, a.sale, unpaid)
	a.cups(23, 0, 2)
}

// deaf is a Redis that does not hear of new totals.
type deaf struct{ allotmentRedis }

func (deaf) SetTotal(context.Context, seckill.ID, string, int64, int64) error {
	return errors.New("away")
}

func TestTheTotalsOfASettledSaleReachRedisWhateverDies(t *testing.T) {
	t.Parallel()
	a := newAllotted(t)
	a.close(a.sale)
	a.settler.Redis = deaf{a.gate}
	a.step()
	require.EqualValues(t, 10, a.available(a.sale, "a"), "Redis was not told")
	r := &Recoverer{SQL: a.ledger, Redis: a.gate, Leases: freeLease{}, Log: quiet,
		loaded: map[seckill.ID]bool{}, uneven: map[seckill.ID]unevenness{}}
	_, err := r.step(t.Context())
	require.NoError(t, err)
	a.cups(25, 0, 0)
	require.Zero(t, a.available(a.sale, "a"))
}

func TestASaleThatRedisDoesNotHaveIsGivenTimeBeforeItIsSettled(t *testing.T) {
	t.Parallel()
	a := newAllotted(t)
	a.close(a.sale)
	require.NoError(t, a.gate.Unload(t.Context(), a.sale.ID))
	a.step()
	g, err := a.stock.InvDetail(t.Context(), "cup")
	require.NoError(t, err)
	require.Equal(t, int64(10), g.Allotted)
	a.settler.After = 0
	a.step()
	g, err = a.stock.InvDetail(t.Context(), "cup")
	require.NoError(t, err)
	require.Equal(t, []int64{25, 0, 0}, []int64{g.Available, g.Allotted, g.Sold})
}
