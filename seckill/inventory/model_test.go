package inventory

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

// model is what the stock should be, as plainly as it can be said.
type model struct {
	goods      map[string]*[4]int64 // available, reserved, allotted, sold
	orders     map[string]*Deduction
	allotments map[seckill.ID]map[string]int64
	imports    map[string]Import // by key
	now        time.Time
}

const (
	inAvailable = iota
	inReserved
	inAllotted
	inSold
)

func (m *model) shift(lines []Line, from, to int) {
	for _, l := range lines {
		m.goods[l.Goods][from] -= l.Quantity
		m.goods[l.Goods][to] += l.Quantity
	}
}

func (m *model) has(lines []Line) bool {
	return !slices.ContainsFunc(lines, func(l Line) bool {
		g := m.goods[l.Goods]
		return g == nil || g[inAvailable] < l.Quantity
	})
}

// An operation is done on the stock, and on the model where it takes effect.
type operation struct {
	name string
	// do calls the stock.
	do func() error
	// effect changes the model and tells whether the stock has to say yes; it is asked
	// once, after do.
	effect func() (yes bool)
}

// player draws operations.
type player struct {
	*fixture
	*model
	random *rand.Rand
	last   int // number of an order
}

var modelGoods = []string{"cup", "mat", "pen", "rug"}

func (p *player) lines() []Line {
	var lines []Line
	for range 1 + p.random.IntN(4) {
		lines = append(lines, Line{modelGoods[p.random.IntN(len(modelGoods))], 1 + p.random.Int64N(3)})
	}
	return lines
}

// orderNo is mostly that of an order that was there, sometimes of one that never was.
func (p *player) orderNo() string {
	if p.random.IntN(4) == 0 {
		p.last++
	}
	return fmt.Sprintf("order-%d", max(1, p.last-p.random.IntN(12)))
}

func (p *player) draw() operation {
	switch p.random.IntN(11) {
	case 0:
		return p.set()
	case 10:
		return p.bring()
	case 1, 2, 3, 4:
		return p.sell()
	case 5:
		return p.end(Confirmed)
	case 6:
		return p.end(Returned)
	case 7:
		return p.expire()
	default:
		return p.allotment()
	}
}

func (p *player) set() operation {
	goods, by := modelGoods[p.random.IntN(len(modelGoods))], p.random.Int64N(40)-12
	if by == 0 {
		by = 1
	}
	return operation{"set", func() error {
		_, err := p.SetInv(p.t.Context(), Set{Goods: goods, By: by, Actor: "ann"})
		return err
	}, func() bool {
		g := p.goods[goods]
		if g == nil && by > 0 {
			g = &[4]int64{}
			p.goods[goods] = g
		}
		if g == nil || g[inAvailable]+by < 0 {
			return false
		}
		g[inAvailable] += by
		return true
	}}
}

// bring imports some goods, at times under a key that was there.
func (p *player) bring() operation {
	im := Import{Key: fmt.Sprintf("import-%d", p.random.IntN(20)), Actor: "ann"}
	for _, n := range p.random.Perm(len(modelGoods))[:1+p.random.IntN(3)] {
		row := ImportRow{Goods: modelGoods[n], By: 1 + p.random.Int64N(5)}
		if p.random.IntN(2) == 0 {
			row.To, row.By = ptr(p.random.Int64N(30)), 0
		}
		im.Rows = append(im.Rows, row)
	}
	known, done := p.imports[im.Key]
	if done && p.random.IntN(2) == 0 {
		im = known // it comes again as it was
	}
	return operation{fmt.Sprintf("import %q of %v", im.Key, im.goods()), func() error {
		_, err := p.Import(p.t.Context(), im)
		return err
	}, func() bool {
		if done {
			return known.content() == im.content()
		}
		after := maps.Clone(p.goods)
		for _, r := range im.Rows {
			g := [4]int64{}
			if there := p.goods[r.Goods]; there != nil {
				g = *there
			}
			if g[inAvailable] += r.By; r.To != nil {
				g[inAvailable] = *r.To - g[inReserved] - g[inAllotted]
			}
			if g[inAvailable] < 0 {
				return false
			}
			after[r.Goods] = &g
		}
		p.goods, p.imports[im.Key] = after, im
		return true
	}}
}

func (p *player) sell() operation {
	o := order(p.orderNo(), p.lines()...)
	o.User = "user-" + string(o.OrderNo[len(o.OrderNo)-1]) // the same each time
	if p.random.IntN(3) == 0 {
		o.Hold = time.Duration(1+p.random.IntN(60)) * time.Second
	}
	if known := p.orders[o.OrderNo]; known != nil && len(known.Lines) > 0 && p.random.IntN(2) == 0 {
		o.Lines = known.Lines // it comes again as it was
	}
	o, err := o.checked()
	require.NoError(p.t, err)
	strategy := p.strategies[Strategies[p.random.IntN(len(Strategies))]]
	return operation{fmt.Sprintf("sell %+v by %T", o, strategy), func() error {
		_, err := strategy.sell(p.t.Context(), o)
		return err
	}, func() bool {
		if known := p.orders[o.OrderNo]; known != nil {
			return known.State != Returned && slices.Equal(known.Lines, o.Lines)
		}
		if !p.has(o.Lines) {
			return false
		}
		p.shift(o.Lines, inAvailable, inReserved)
		d := o.deduction(p.now.UnixMilli())
		p.orders[o.OrderNo] = &d
		return true
	}}
}

func (p *player) end(to State) operation {
	orderNo := p.orderNo()
	call := p.Confirm
	if to == Returned {
		call = p.Rollback
	}
	return operation{to.String() + " " + orderNo, func() error {
		_, err := call(p.t.Context(), orderNo)
		return err
	}, func() bool {
		known := p.orders[orderNo]
		switch {
		case known == nil && to == Confirmed:
			return false
		case known == nil:
			p.orders[orderNo] = &Deduction{OrderNo: orderNo, State: Returned} // the mark
			return true
		case known.State != Reserved:
			return known.State == to
		}
		p.over(known, to)
		return true
	}}
}

func (p *player) over(d *Deduction, to State) {
	d.State = to
	if to == Confirmed {
		p.shift(d.Lines, inReserved, inSold)
		return
	}
	p.shift(d.Lines, inReserved, inAvailable)
}

func (p *player) expire() operation {
	p.now = p.now.Add(time.Duration(p.random.IntN(20)) * time.Second)
	p.clock.Advance(p.now.Sub(p.clock.Now()))
	all := slices.Sorted(maps.Keys(p.orders))
	return operation{"expire", func() error {
		for _, orderNo := range all { // one a transaction, so that an armed fault is about one
			d := p.orders[orderNo]
			if d.State != Reserved || d.HoldUntil.IsZero() || d.HoldUntil.After(p.now) {
				continue
			}
			_, err := p.Expire(p.t.Context(), []string{orderNo}, p.now)
			if err == nil || errors.Is(err, seckill.ErrOutcomeUnknown) {
				p.over(d, Returned)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}, func() bool { return true }}
}

// allotment loads, tops up, reduces or settles one of two sales.
func (p *player) allotment() operation {
	sale := seckill.ID(1 + p.random.IntN(2))
	goods, n := modelGoods[p.random.IntN(len(modelGoods))], 1+p.random.Int64N(5)
	has := p.allotments[sale]
	switch p.random.IntN(4) {
	case 0:
		part := map[string]int64{}
		for g, units := range has {
			part[g] = p.random.Int64N(units + 1)
		}
		return operation{"settle", func() error {
			return p.within(func(tx *gorm.DB) error { return p.Settle(tx, sale, "settler", part) })
		}, func() bool {
			for g, units := range has {
				p.shift([]Line{{g, part[g]}}, inAllotted, inSold)
				p.shift([]Line{{g, units - part[g]}}, inAllotted, inAvailable)
			}
			clear(has)
			return true
		}}
	case 1:
		return operation{"give back", func() error {
			return p.within(func(tx *gorm.DB) error { return p.GiveBack(tx, sale, "ann", "", map[string]int64{goods: n}) })
		}, func() bool {
			if has[goods] < n {
				return false
			}
			has[goods] -= n
			p.shift([]Line{{goods, n}}, inAllotted, inAvailable)
			return true
		}}
	default:
		return operation{"allot", func() error {
			return p.within(func(tx *gorm.DB) error { return p.Allot(tx, sale, "ann", "", map[string]int64{goods: n}) })
		}, func() bool {
			if !p.has([]Line{{goods, n}}) {
				return false
			}
			has[goods] += n
			p.shift([]Line{{goods, n}}, inAvailable, inAllotted)
			return true
		}}
	}
}

// requireSame holds the counters against the model, and the history, the deductions and
// the allotments against the counters.
func (p *player) requireSame(did string) {
	list, err := p.List(p.t.Context(), "", 0)
	require.NoError(p.t, err)
	require.Len(p.t, list, len(p.goods), did)
	for _, g := range list {
		require.Equal(p.t, *p.goods[g.Goods], [4]int64{g.Available, g.Reserved, g.Allotted, g.Sold}, "%s after %s", g.Goods, did)
	}
	findings, err := p.Audit(p.t.Context())
	require.NoError(p.t, err)
	require.Empty(p.t, findings, did)
}

// The stock agrees with its model after each of many operations, in one of five of which
// the transaction fails at its end, or its answer is lost.
//
// It is not parallel: what is armed is armed for the whole process.
func TestTheStockAgreesWithItsModel(t *testing.T) {
	seed := testkit.Seed()
	t.Logf("seed %d", seed)
	defer fault.Plan{}.Arm(nil)
	plans := map[string]string{}
	for _, point := range []string{"ledger.begun", "ledger.committed"} {
		plans[point] = point + "=error"
	}
	for sequence := range testkit.Sized(40, 2) {
		driver := []string{database.SQLite, database.MySQL}[sequence%2]
		strategy := Strategies[(uint64(sequence)/2+seed)%uint64(len(Strategies))]
		t.Run(fmt.Sprint(sequence, " ", driver, " ", strategy), func(t *testing.T) {
			p := &player{fixture: newFixture(t, driver, strategy), random: rand.New(rand.NewPCG(seed, uint64(sequence))),
				model: &model{goods: map[string]*[4]int64{}, orders: map[string]*Deduction{}, allotments: map[seckill.ID]map[string]int64{1: {}, 2: {}},
					imports: map[string]Import{}, now: start}}
			for range 500 {
				p.step(plans)
			}
		})
	}
}

// step does one operation, with a fault armed or without.
func (p *player) step(plans map[string]string) {
	o := p.draw()
	armed := []string{"", "", "", "", "", "", "", "", "ledger.begun", "ledger.committed"}[p.random.IntN(10)]
	if armed != "" {
		plan, err := fault.Parse(plans[armed])
		require.NoError(p.t, err)
		plan.Arm(slog.New(slog.DiscardHandler))
	}
	err := o.do()
	fault.Plan{}.Arm(nil)
	did := fmt.Sprintf("%s, armed %q, error %v", o.name, armed, err)
	switch {
	case armed != "" && errors.Is(err, seckill.ErrOutcomeUnknown):
		o.effect() // or a refusal that nobody heard
	case armed == "ledger.begun" && seckill.CodeOf(err) == seckill.CodeUnavailable:
		// Nothing has happened.
	default:
		require.Equal(p.t, o.effect(), err == nil, did)
	}
	p.requireSame(did)
}
