package model

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// Refusal is the code with which Redis refuses all calls for the sale, if it does.
func (m *Model) Refusal() seckill.Code {
	switch {
	case m.Redis.Loaded:
		return ""
	case m.Redis.present:
		return seckill.CodeUnavailable
	}
	return seckill.CodeNotFound
}

// Lose is Redis losing everything.
func (m *Model) Lose() {
	m.losing(func() {
		m.Redis = Redis{}
		for _, o := range m.Orders {
			o.InRedis = InRedis{}
		}
	})
}

// LoseKey is Redis losing one of the sale's keys, by its name.
func (m *Model) LoseKey(name string) {
	m.losing(func() {
		m.Redis.Loaded = false
		switch name {
		case "meta":
			m.Redis.present, m.Redis.loading = false, nil
		case "outbox":
			for _, o := range m.Orders {
				o.InOutbox = false
			}
		}
	})
}

// Replace is the sale found on another server than the one on which it was loaded.
func (m *Model) Replace() { m.Redis.Loaded = false }

// Copy is what Redis had of the sale at a time.
type Copy struct {
	redis  Redis
	orders map[seckill.ID]InRedis
}

// Copy makes one.
func (m *Model) Copy() Copy {
	c := Copy{redis: m.Redis.clone(), orders: map[seckill.ID]InRedis{}}
	for id, o := range m.Orders {
		c.orders[id] = o.InRedis
	}
	return c
}

// GoBack is Redis having again what it had at a time, on another server.
func (m *Model) GoBack(c Copy) {
	m.losing(func() {
		m.Redis = c.redis.clone()
		if m.Redis.loading != nil {
			m.Redis.loading = new(Loading) // nobody's any more
		}
		m.Redis.Loaded = false
		for id, o := range m.Orders {
			o.InRedis = c.orders[id]
		}
	})
}

// losing notes which orders are lost while something happens to Redis.
func (m *Model) losing(happens func()) {
	before := map[seckill.ID]bool{}
	for id, o := range m.Orders {
		before[id] = o.InOutbox
	}
	happens()
	for id, o := range m.Orders {
		o.Lost = o.Lost || o.Stock == Nowhere && before[id] && !o.InOutbox
	}
}

func (r Redis) clone() Redis {
	r.Totals, r.totalRev = maps.Clone(r.Totals), maps.Clone(r.totalRev)
	r.requests, r.newest = maps.Clone(r.requests), maps.Clone(r.newest)
	return r
}

// Loading is a load of the sale under way.
type Loading struct{ _ byte }

// BeginLoad is Redis closed to all but the caller, who loads it. The outbox stays.
func (m *Model) BeginLoad() *Loading {
	l := new(Loading)
	m.Redis = Redis{present: true, loading: l}
	for _, o := range m.Orders {
		o.InRedis = InRedis{InOutbox: o.InOutbox, Entry: o.Entry, place: o.place}
	}
	return l
}

// IsLoading tells whether somebody is at loading the sale, or died over it.
func (m *Model) IsLoading() bool { return m.Redis.loading != nil }

// Leads tells whether nobody and nothing came in a loader's way.
func (m *Model) Leads(l *Loading) bool { return m.Redis.loading == l }

// Snapshot is SQL as it was at a time.
type Snapshot struct {
	Sale   seckill.Sale
	orders []recorded // by their ids
}

type recorded struct {
	id       seckill.ID
	key      string
	as       Admitted
	released bool
	decided  bool // about its late payment
}

// Behind tells whether SQL is at another epoch than what Redis has: a loader began
// one and did not come to its end.
func (m *Model) Behind() bool { return m.Redis.epoch != m.Sale.Epoch }

// OpenEpoch begins an epoch in SQL and reads what SQL has then.
func (m *Model) OpenEpoch() Snapshot {
	m.Sale.Epoch++
	s := Snapshot{Sale: m.Sale}
	for _, id := range m.IDs() {
		if o := m.Orders[id]; o.Stock != Nowhere {
			s.orders = append(s.orders, recorded{id, o.RequestKey, Admitted{Ticket: o.Ticket, At: o.CreatedAt}, o.Stock == Released, o.Retake == Decided})
		}
	}
	return s
}

// EndLoad is Redis open with a snapshot and with what was in the outbox. It is the
// loader's last step.
func (m *Model) EndLoad(s Snapshot, now time.Time) {
	m.Redis = Redis{
		Loaded: true, present: true, State: s.Sale.State, epoch: s.Sale.Epoch,
		Totals: map[string]int64{}, totalRev: map[string]int64{}, loadedRevision: s.Sale.Revision, stateRev: s.Sale.Revision,
		requests: map[requestKey]seckill.ID{}, newest: map[buyerItem]seckill.ID{},
	}
	if s.Sale.Epoch > 1 && m.LostFirst > 0 {
		m.Redis.opensAt = now.Add(m.LostFirst)
	}
	for _, it := range s.Sale.Items {
		m.Redis.Totals[it.SKU] = it.Total
	}
	for _, r := range s.orders {
		m.load(m.Orders[r.id], r.as, r.key, !r.released)
		m.Orders[r.id].Again = r.decided
	}
	m.keepOutbox()
}

// keepOutbox loads the orders of the outbox that SQL did not have.
func (m *Model) keepOutbox() {
	var flying []*Order
	for _, o := range m.Orders {
		if o.InOutbox {
			flying = append(flying, o)
		}
	}
	slices.SortFunc(flying, func(a, b *Order) int { return cmp.Compare(a.place, b.place) })
	for _, o := range flying {
		if !o.Known {
			m.load(o, o.Entry, o.key, true)
		}
		m.Redis.newestPlace = o.place
		if at := o.Entry.At.UnixMilli(); m.Redis.since == 0 || at < m.Redis.since {
			m.Redis.since = at
		}
		m.Redis.ticket = max(m.Redis.ticket, o.Entry.Ticket)
	}
}

func (m *Model) load(o *Order, as Admitted, key string, held bool) {
	o.Known, o.Held, o.As = true, held, as
	m.Redis.ticket = max(m.Redis.ticket, as.Ticket)
	if key != "" {
		m.Redis.requests[requestKey{o.Buyer, key}] = o.ID
	}
	for _, l := range o.Lines {
		field := buyerItem{o.Buyer, l.SKU}
		before := m.Redis.newest[field]
		if before == 0 || cmp.Or(cmp.Compare(as.Ticket, m.Orders[before].As.Ticket), cmp.Compare(o.ID, before)) > 0 {
			m.Redis.newest[field] = o.ID
		}
	}
}

// Adopt is Redis told of orders that SQL has.
func (m *Model) Adopt(ids []seckill.ID) {
	for _, id := range ids {
		o := m.Orders[id]
		if o.Known {
			continue
		}
		m.Adopted++
		m.hold(o)
		o.Held = true
		for _, l := range o.Lines {
			m.Redis.newest[buyerItem{o.Buyer, l.SKU}] = id
		}
	}
}

// Journal lists the orders that the process which told their buyers would hand in,
// in the order in which it does.
func (m *Model) Journal() (ids []seckill.ID) {
	for _, id := range m.IDs() {
		if m.Orders[id].Journaled {
			ids = append(ids, id)
		}
	}
	slices.SortStableFunc(ids, func(a, b seckill.ID) int { return cmp.Compare(m.Orders[a].Told.Ticket, m.Orders[b].Told.Ticket) })
	return ids
}

// Forget is that process at its end.
func (m *Model) Forget() {
	for _, o := range m.Orders {
		o.Journaled = false
	}
}

// HandIn gives orders to Redis again. Those that it knows change nothing; those that
// have no place any more are lost.
func (m *Model) HandIn(now time.Time, ids []seckill.ID) (again int, lost []seckill.ID) {
	for _, id := range ids {
		o := m.Orders[id]
		other := m.Redis.requests[requestKey{o.Buyer, o.key}]
		switch {
		case o.Known:
		case o.key != "" && other != 0, m.short(o.Buyer, o.Lines).Code != "":
			lost = append(lost, id)
		default:
			m.admit(o, Admitted{Epoch: m.Redis.epoch, Ticket: o.Told.Ticket, At: now})
			again++
		}
	}
	return again, lost
}

// RecordLost is SQL told of an order that is lost. Whoever asks again with its key
// may have another order by now.
func (m *Model) RecordLost(id seckill.ID) {
	o := m.Orders[id]
	if o.Stock != Nowhere {
		return
	}
	o.Order = m.version(o, o.Told)
	o.RequestKey = ""
	// Nobody knows whether Redis takes it up again after all.
	o.Stock = Releasing
	m.become(o, seckill.OrderFailed)
}

// Gone tells that nobody has an order any more, nor ever will: Redis lost it before
// SQL had it, and the process that knew of it is gone as well.
func (m *Model) Gone(o *Order) bool {
	return o.Lost && o.Stock == Nowhere && !o.Known && !o.InOutbox && !o.Journaled
}
