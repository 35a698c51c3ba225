package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/fair"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// drawn is an audited sale of ten units whose entries end at a time that a test passes.
type drawn struct {
	*audited
	drawer *Drawer
	sale   seckill.Sale
	beacon *faultyBeacon
	at     time.Time
}

// Now is Redis's clock of the drawer, and the beacon's.
func (d *drawn) Now(context.Context) (time.Time, error) { return d.at, nil }

// faultyBeacon gives no round while it is out of order.
type faultyBeacon struct {
	fair.Beacon
	broken error
}

func (b *faultyBeacon) Signature(ctx context.Context, round uint64) ([]byte, error) {
	if b.broken != nil {
		return nil, b.broken
	}
	return b.Beacon.Signature(ctx, round)
}

const testLead = 10 * time.Second

func newDrawn(t *testing.T) *drawn {
	t.Helper()
	return newDrawnOf(t, func(*seckill.Sale) {})
}

func newDrawnOf(t *testing.T, change func(*seckill.Sale)) *drawn {
	t.Helper()
	d := &drawn{at: time.Now().UTC().Truncate(time.Second)}
	local := func(secret string) fair.Beacon {
		b, err := fair.NewLocal([]byte(strings.Repeat(secret, 32)), func() time.Time { return d.at })
		require.NoError(t, err)
		return b
	}
	d.beacon = &faultyBeacon{Beacon: local("a")}
	l := newStoreOf(t, ledger.Config{Beacon: d.beacon.Chain(), DrawLead: testLead})
	d.audited = newAuditedOf(t, l)
	s := seckill.Sale{ID: d.id(), Name: "a sale", State: seckill.SaleDraft, Hold: time.Minute, Entry: seckill.EntryDraw,
		StartsAt: d.at.Add(-time.Hour), EntriesUntil: d.at.Add(time.Minute), EndsAt: d.at.Add(time.Hour),
		Items: []seckill.Item{{SKU: "a", Title: "a", Price: 5, Currency: "CNY", Total: 10, LimitPerBuyer: 1}}}
	change(&s)
	_, _, err := l.CreateSale(t.Context(), s)
	require.NoError(t, err)
	d.sale, err = l.TransitionSale(t.Context(), s.ID, seckill.SaleReady, "test")
	require.NoError(t, err)
	d.drawer = &Drawer{SQL: l, Clock: d, Beacon: d.beacon, Leases: freeLease{}, Log: quiet}
	return d
}

func (d *drawn) enters(buyer string) {
	d.t.Helper()
	salt := fair.NewSalt()
	_, isNew, err := d.ledger.Enter(d.t.Context(), seckill.DrawEntry{SaleID: d.sale.ID, Buyer: buyer, SKU: "a", OrderID: d.id(), Salt: salt,
		Hash: fair.EntryHash(d.sale.ID, "a", buyer, salt).String()})
	require.NoError(d.t, err)
	require.True(d.t, isNew)
}

// steps draws until nothing is left to be done at this time.
func (d *drawn) steps() error {
	d.t.Helper()
	for {
		more, err := d.drawer.step(d.t.Context())
		if err != nil || !more {
			return err
		}
	}
}

func (d *drawn) is(state seckill.DrawState) seckill.Draw {
	d.t.Helper()
	draw, err := d.ledger.Draw(d.t.Context(), d.sale.ID)
	require.NoError(d.t, err)
	require.Equal(d.t, state, draw.State)
	return draw
}

func TestADrawGoesItsWay(t *testing.T) {
	t.Parallel()
	d := newDrawn(t)
	for i := range 5 {
		d.enters(fmt.Sprintf("buyer-%d", i))
	}
	require.NoError(t, d.steps())
	d.is(seckill.DrawEntering)

	d.at = d.sale.EntriesUntil
	require.NoError(t, d.steps())
	draw := d.is(seckill.DrawCommitted)
	require.EqualValues(t, 5, draw.Entries)
	require.Equal(t, draw.PlannedRound, draw.Round)
	require.Equal(t, d.at.Add(testLead), draw.Beacon.TimeOf(draw.Round))

	d.at = draw.Beacon.TimeOf(draw.Round).Add(-time.Millisecond)
	require.NoError(t, d.steps())
	d.is(seckill.DrawCommitted)
	d.at = draw.Beacon.TimeOf(draw.Round)
	require.NoError(t, d.steps())
	d.is(seckill.DrawDrawn)
	list, err := d.ledger.Waiters(t.Context(), ledger.WaiterQuery{Sale: d.sale.ID})
	require.NoError(t, err)
	require.Len(t, list, 5)
	for i, w := range list {
		e, err := d.ledger.DrawEntry(t.Context(), d.sale.ID, w.Buyer)
		require.NoError(t, err)
		require.EqualValues(t, i+1, e.Rank, "the list is in the order of ranks")
		require.Equal(t, w.OrderID, e.OrderID)
	}
}

// Nobody can make a draw by another round than was committed to, however long its beacon
// is away.
func TestADrawWaitsForItsRound(t *testing.T) {
	t.Parallel()
	d := newDrawn(t)
	d.enters("alice")
	d.at = d.sale.EntriesUntil
	require.NoError(t, d.steps())
	before := d.is(seckill.DrawCommitted)

	d.beacon.broken = errors.New("no route to it")
	d.at = d.at.Add(10 * time.Minute)
	require.ErrorContains(t, d.steps(), "no route to it")
	draw := d.is(seckill.DrawCommitted)
	require.Contains(t, draw.Trouble, "no route to it")

	d.beacon.broken = nil
	mine := d.beacon.Beacon
	other, err := fair.NewLocal([]byte(strings.Repeat("b", 32)), func() time.Time { return d.at })
	require.NoError(t, err)
	d.beacon.Beacon = other
	require.ErrorContains(t, d.steps(), other.Chain().ChainHash)
	d.is(seckill.DrawCommitted)

	d.beacon.Beacon = mine
	require.NoError(t, d.steps())
	draw = d.is(seckill.DrawDrawn)
	require.Equal(t, before.Round, draw.Round)
	require.Empty(t, draw.Trouble)
	signature, err := mine.Signature(t.Context(), before.Round)
	require.NoError(t, err)
	require.Equal(t, signature, draw.Signature)
}

// A commitment that is made when the planned round may be known already is to a later one.
func TestALateCommitmentIsToALaterRound(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]time.Duration{"a little": testLead - 2*time.Second, "long": time.Hour / 2} {
		d := newDrawn(t)
		d.enters("alice")
		d.at = d.sale.EntriesUntil.Add(late)
		require.NoError(t, d.steps(), name)
		draw := d.is(seckill.DrawCommitted)
		require.Greater(t, draw.Round, draw.PlannedRound, name)
		require.Equal(t, d.at.Add(testLead), draw.Beacon.TimeOf(draw.Round), name)
	}
}

func TestADrawWithoutEntriesEndsAndItsUnitsAreForAnybody(t *testing.T) {
	t.Parallel()
	d := newDrawn(t)
	least, err := d.ledger.LeastWanted(t.Context(), d.sale.ID)
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"a": 1}, least)
	d.at = d.sale.EntriesUntil
	require.NoError(t, d.steps())
	d.at = d.at.Add(testLead)
	require.NoError(t, d.steps())
	d.is(seckill.DrawDrawn)
	least, err = d.ledger.LeastWanted(t.Context(), d.sale.ID)
	require.NoError(t, err)
	require.Empty(t, least)
}

// Of a sale that is closed nothing is drawn.
func TestAClosedSaleIsNotDrawn(t *testing.T) {
	t.Parallel()
	d := newDrawn(t)
	d.enters("alice")
	_, err := d.ledger.TransitionSale(t.Context(), d.sale.ID, seckill.SaleClosed, "test")
	require.NoError(t, err)
	d.at = d.sale.EntriesUntil.Add(time.Minute)
	require.NoError(t, d.steps())
	d.is(seckill.DrawEntering)
}

// More entries than are placed at a time come into the waitlist as the others leave it.
func TestThousandsOfRanksComeIntoTheWaitlistByAndBy(t *testing.T) {
	t.Parallel()
	d := newDrawn(t)
	const entries = placedAhead + placedAhead/2 + 7
	for i := range entries {
		d.enters(fmt.Sprintf("buyer-%d", i))
	}
	d.at = d.sale.EntriesUntil
	require.NoError(t, d.steps())
	d.at = d.at.Add(testLead)
	require.NoError(t, d.steps())
	require.EqualValues(t, placedAhead, d.is(seckill.DrawDrawn).Items[0].Placed)
	for turn := 0; turn < 2; turn++ {
		list, err := d.ledger.Waiters(t.Context(), ledger.WaiterQuery{Sale: d.sale.ID, Status: seckill.WaiterWaiting})
		require.NoError(t, err)
		ids := make([]int64, len(list))
		for i, w := range list {
			ids[i] = w.ID
		}
		_, err = d.ledger.MoveWaiters(t.Context(), ids, seckill.WaiterWaiting, seckill.WaiterLapsed)
		require.NoError(t, err)
		require.NoError(t, d.steps())
	}
	require.EqualValues(t, entries, d.is(seckill.DrawDrawn).Items[0].Placed)
}

// Whose turn has come does not sit before the page, and has longer to pay than who waits.
func TestATurnHasTheTimeToPayOfADraw(t *testing.T) {
	t.Parallel()
	d := newDrawn(t)
	d.load(d.sale)
	d.enters("alice")
	offerer := &Offerer{Waitlist: d.ledger, Stock: d.gate, Hold: time.Minute, DrawHold: time.Hour, Leases: freeLease{}, Log: quiet}
	buys := func() error {
		r, err := seckill.NewRequest(&d.sale, d.id(), "bob", "", []seckill.Line{{SKU: "a", Quantity: 1}})
		require.NoError(t, err)
		_, err = d.gate.Admit(t.Context(), r)
		return err
	}
	for _, at := range []time.Time{d.at, d.sale.EntriesUntil, d.sale.EntriesUntil.Add(testLead)} {
		require.Equal(t, seckill.CodeSoldOut, seckill.CodeOf(buys()), "units are for the drawn alone")
		d.at = at
		require.NoError(t, d.steps())
		_, err := offerer.step(t.Context())
		require.NoError(t, err)
	}
	orders := d.inFlight(d.sale.ID)
	require.Len(t, orders, 1)
	require.Equal(t, "alice", orders[0].Buyer)
	require.Equal(t, time.Hour, orders[0].HoldUntil.Sub(orders[0].CreatedAt))
}

// A draw that is drawn before its sale starts offers nothing yet, and its units are still
// for nobody else when it does.
func TestTheDrawnOfASaleThatHasNotStartedWaitForIt(t *testing.T) {
	t.Parallel()
	d := newDrawnOf(t, func(s *seckill.Sale) { s.StartsAt = s.EndsAt.Add(-time.Minute) })
	d.load(d.sale)
	d.enters("alice")
	offerer := &Offerer{Waitlist: d.ledger, Stock: d.gate, Hold: time.Minute, DrawHold: time.Hour, Leases: freeLease{}, Log: quiet}
	for _, at := range []time.Time{d.at, d.sale.EntriesUntil, d.sale.EntriesUntil.Add(testLead)} {
		d.at = at
		require.NoError(t, d.steps())
		for range 3 {
			_, err := offerer.step(t.Context())
			require.NoError(t, err)
		}
		counters, err := d.gate.Counters(t.Context(), d.sale.ID)
		require.NoError(t, err)
		require.NotZero(t, counters["a"].Waited, "whoever comes at the start buys what is drawn")
	}
	w, err := d.ledger.Waiter(t.Context(), d.sale.ID, "alice")
	require.NoError(t, err)
	require.Equal(t, seckill.WaiterWaiting, w.Status)
}
