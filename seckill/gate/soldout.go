package gate

import (
	"sync"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// soldOutMemory remembers which items have no unit left, so that the crowd that
// comes too late costs Redis nothing.
//
// It answers a request only when each of its items is proven sold out, and the
// buyer is proven to have no order of any of them: he would be owed that order
// instead. The first proof is a verdict of the script, and lives for ttl. The
// second is a reading of the item's buyers, which stays right for as long as the
// item's newest order is the one that it had at the reading.
//
// When the first proof is older than ttl, one request goes to Redis as a probe;
// meanwhile the others are still answered, up to twice ttl.
type soldOutMemory struct {
	ttl  time.Duration // not positive: off
	now  func() time.Time
	read readBuyers

	mu     sync.Mutex
	sales  map[seckill.ID]*soldOutSale
	gen    uint64 // grows whenever something is forgotten
	closed bool
}

// readBuyers starts to read the buyers of a sale in the background and calls
// done with what it found; nil means that there is nothing to use.
type readBuyers func(sale seckill.ID, skus []string, done func(*buyerSet))

type soldOutSale struct {
	epoch   string
	items   map[string]*soldOutProof
	buyers  *buyerSet
	reading bool
	// notBefore keeps the reading of buyers from becoming a load of its own.
	notBefore time.Time
	touched   time.Time
}

// soldOutProof says that an item had no unit left at a time, and what its
// newest order was.
type soldOutProof struct {
	at      time.Time
	last    string
	probing bool
}

// soldOutItem is an item without units, as a verdict shows it.
type soldOutItem struct{ sku, last string }

// answer is what the memory has to say about a request.
type answer int

const (
	askRedis answer = iota
	rememberedSoldOut
	probe // ask Redis, and call the function when it has answered
)

// forgetSaleAfter ends the memory of a sale of which nothing new was learned.
const forgetSaleAfter = time.Minute

func newSoldOutMemory(ttl time.Duration, now func() time.Time, read readBuyers) *soldOutMemory {
	return &soldOutMemory{ttl: ttl, now: now, read: read, sales: map[seckill.ID]*soldOutSale{}}
}

// ask answers a request, if it can.
func (m *soldOutMemory) ask(r seckill.Request) (answer, func()) {
	if m.ttl <= 0 {
		return askRedis, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.sales[r.SaleID]
	if s == nil {
		return askRedis, nil
	}
	now := m.now()
	var stale *soldOutProof
	for _, l := range r.Lines {
		p := s.items[l.SKU]
		if p == nil || now.Sub(p.at) > 2*m.ttl {
			return askRedis, nil
		}
		if !s.buyers.current(s.epoch, l.SKU, p.last) {
			m.readAgain(r.SaleID, s, now)
			return askRedis, nil
		}
		if s.buyers.has(l.SKU, r.Buyer) {
			return askRedis, nil
		}
		if now.Sub(p.at) > m.ttl && !p.probing {
			stale = p
		}
	}
	if stale == nil {
		return rememberedSoldOut, nil
	}
	stale.probing = true
	return probe, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		stale.probing = false
	}
}

// generation is read before Redis is asked; learn drops what was asked before
// something was forgotten.
func (m *soldOutMemory) generation() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.gen
}

// learn takes proofs that an item was sold out, as Redis was asked at a time.
func (m *soldOutMemory) learn(sale seckill.ID, epoch string, items []soldOutItem, asked time.Time, gen uint64) {
	if m.ttl <= 0 || len(items) == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if gen != m.gen || m.closed {
		return
	}
	s := m.sales[sale]
	if s == nil || s.epoch != epoch {
		m.forgetIdle(asked)
		s = &soldOutSale{epoch: epoch, items: map[string]*soldOutProof{}}
		m.sales[sale] = s
	}
	s.touched = asked
	for _, it := range items {
		p := s.items[it.sku]
		if p == nil {
			p = &soldOutProof{}
			s.items[it.sku] = p
		}
		// Two batches may answer in another order than they asked.
		if !asked.Before(p.at) {
			p.at, p.last = asked, it.last
		}
	}
}

// forget drops what is known of one sale's stock; its buyers stay known.
func (m *soldOutMemory) forget(sale seckill.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gen++
	if s := m.sales[sale]; s != nil {
		clear(s.items)
	}
}

// forgetAll drops what is known of every sale's stock: news of it may have been
// lost.
func (m *soldOutMemory) forgetAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gen++
	for _, s := range m.sales {
		clear(s.items)
	}
}

// forgetIdle needs the lock.
func (m *soldOutMemory) forgetIdle(now time.Time) {
	for id, s := range m.sales {
		if now.Sub(s.touched) > forgetSaleAfter && !s.reading {
			delete(m.sales, id)
		}
	}
}

// readAgain needs the lock.
func (m *soldOutMemory) readAgain(sale seckill.ID, s *soldOutSale, now time.Time) {
	if s.reading || m.closed || now.Before(s.notBefore) {
		return
	}
	s.reading = true
	skus := make([]string, 0, len(s.items))
	for sku := range s.items {
		skus = append(skus, sku)
	}
	m.read(sale, skus, func(b *buyerSet) {
		m.mu.Lock()
		defer m.mu.Unlock()
		s.reading = false
		done := m.now()
		// At most one part in twenty of the time goes into reading.
		s.notBefore = done.Add(max(min(m.ttl, defaultSoldOutTTL), 20*done.Sub(now)))
		if b != nil {
			s.buyers = b
		}
	})
}

func (m *soldOutMemory) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
}
