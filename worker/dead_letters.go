package worker

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
)

type deadLetterOffice interface {
	Ready() error
	QueueDepth(ctx context.Context, queue string) (int, error)
	DeadLetters(ctx context.Context, limit int) ([]broker.DeadLetter, error)
}

// DeadLetterCensus counts the dead letters of each sale. A nil one cannot tell.
type DeadLetterCensus struct {
	Office deadLetterOffice
	Clock  seckill.Clock

	mu     sync.Mutex
	taken  time.Time // when it was last asked how many there are
	looked time.Time // when they were last looked at
	depth  int       // how many there were then
	last   census
}

const (
	// censusFresh is how long a census is good for, so that audits in a row cost
	// the broker one question.
	censusFresh = 5 * time.Second
	// censusKept is how long an unchanged number of letters is taken for the same
	// letters. Reading them puts them in flight for a moment, and meanwhile nobody else
	// can list or requeue them.
	censusKept = time.Minute
	// censusMost is how many letters are looked at.
	censusMost = 1_000
	// censusTimeout bounds what an audit waits for the broker.
	censusTimeout = 2 * time.Second
)

// Why a census cannot tell.
const (
	censusNoBroker = "this process has no connection to the message broker"
	censusNoAnswer = "the message broker does not answer"
)

// census is what was found at one time.
type census struct {
	unknown    string // why it could not be told; else empty
	sales      map[seckill.ID]*lettersOfSale
	unreadable int
	atLeast    bool
}

type lettersOfSale struct {
	messages int
	orders   map[seckill.ID]bool
}

// Of counts the dead letters of one sale.
func (c *DeadLetterCensus) Of(ctx context.Context, sale seckill.ID) seckill.DeadLetterCount {
	found := c.take(ctx)
	n := found.count()
	if s := found.sales[sale]; s != nil {
		n.Messages, n.Orders = s.messages, len(s.orders)
	}
	return n
}

// Total counts those of all sales.
func (c *DeadLetterCensus) Total(ctx context.Context) seckill.DeadLetterCount {
	found := c.take(ctx)
	n := found.count()
	for _, s := range found.sales {
		n.Messages += s.messages
		n.Orders += len(s.orders)
	}
	return n
}

// count is what is the same for every sale.
func (c census) count() seckill.DeadLetterCount {
	return seckill.DeadLetterCount{Known: c.unknown == "", Reason: c.unknown, Unreadable: c.unreadable, AtLeast: c.atLeast}
}

func (c *DeadLetterCensus) take(ctx context.Context) census {
	if c == nil {
		return census{unknown: censusNoBroker}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.Clock()
	if age := now.Sub(c.taken); age >= 0 && age < censusFresh {
		return c.last
	}
	// A caller that gives up must not leave "cannot tell" to those after it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), censusTimeout)
	defer cancel()
	if err := c.ask(ctx, now); err != nil {
		c.last, c.looked = census{unknown: censusNoAnswer}, time.Time{}
	}
	c.taken = now
	return c.last
}

func (c *DeadLetterCensus) ask(ctx context.Context, now time.Time) error {
	if err := c.Office.Ready(); err != nil {
		return err
	}
	depth, err := c.Office.QueueDepth(ctx, broker.QueueDead)
	if err != nil {
		return err
	}
	if age := now.Sub(c.looked); depth == c.depth && age >= 0 && age < censusKept {
		return nil
	}
	var letters []broker.DeadLetter
	if depth > 0 {
		if letters, err = c.Office.DeadLetters(ctx, censusMost); err != nil {
			return err
		}
	}
	c.last, c.looked, c.depth = censusOf(letters), now, depth
	c.last.atLeast = depth > len(letters)
	return nil
}

func censusOf(letters []broker.DeadLetter) census {
	c := census{sales: make(map[seckill.ID]*lettersOfSale)}
	for _, l := range letters {
		sale, orders := ordersIn(l.Body)
		if sale == 0 {
			c.unreadable++
			continue
		}
		s := c.sales[sale]
		if s == nil {
			s = &lettersOfSale{orders: make(map[seckill.ID]bool)}
			c.sales[sale] = s
		}
		s.messages++
		for _, id := range orders {
			s.orders[id] = true
		}
	}
	return c
}

// ordersIn reads as much as it can of an outbox entry or an event; the sale is 0 where it
// cannot be read. It is more lenient than the consumers are, since most dead letters are
// messages that a consumer could not read.
func ordersIn(body []byte) (sale seckill.ID, orders []seckill.ID) {
	type order struct {
		ID     seckill.ID `json:"id"`
		SaleID seckill.ID `json:"sale_id"`
	}
	var event struct {
		Order order `json:"order"`
	}
	if json.Unmarshal(body, &event) == nil {
		if event.Order.SaleID <= 0 || event.Order.ID <= 0 {
			return max(event.Order.SaleID, 0), nil
		}
		return event.Order.SaleID, []seckill.ID{event.Order.ID}
	}
	head, lines, _ := strings.Cut(string(body), "\n")
	first, _, _ := strings.Cut(head, " ")
	sale, err := seckill.ParseID(first)
	if err != nil {
		return 0, nil
	}
	for line := range strings.SplitSeq(lines, "\n") {
		_, rest, _ := strings.Cut(line, " ")
		second, _, _ := strings.Cut(rest, " ")
		if id, err := seckill.ParseID(second); err == nil {
			orders = append(orders, id)
		}
	}
	return sale, orders
}
