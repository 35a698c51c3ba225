package webtest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/proof/stores"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/gate/embedded"
	"github.com/seckill-go/seckill/seckill/inventory"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// Deadline is generous: the machine may be busy.
const Deadline = 20 * time.Second

// Shop is a server on a real gate and a real ledger. What the worker would do
// is done when a test says so, or all the time once it is staffed.
type Shop struct {
	T      *testing.T
	Gate   *gate.Gate
	Ledger *ledger.Ledger
	Stock  *inventory.Inventory
	Server *Server
}

// NewShop makes one.
func NewShop(t *testing.T, change ...func(*Config)) *Shop {
	t.Helper()
	redis, err := embedded.Start()
	require.NoError(t, err)
	t.Cleanup(redis.Close)
	client := gate.NewClient(gate.ClientOptions{Dial: redis.Dial})
	t.Cleanup(func() { _ = client.Close() })
	log := Quiet()
	g, err := gate.New(gate.Config{Client: client, Logger: log})
	require.NoError(t, err)
	t.Cleanup(g.Close)
	db := stores.Open(t, database.SQLite, stores.SQLite(t))
	stock, err := inventory.New(inventory.Config{DB: db})
	require.NoError(t, err)
	t.Cleanup(func() { _ = stock.Close() })
	l := ledger.New(ledger.Config{DB: db, Goods: stock, Logger: log})
	t.Cleanup(func() { _ = l.Close() })

	s := &Shop{T: t, Gate: g, Ledger: l, Stock: stock}
	s.Run(g.Run)
	cfg, _, _ := StubConfig(t)
	cfg.Gate, cfg.Ledger, cfg.Stock = g, l, stock
	for _, c := range change {
		c(&cfg)
	}
	s.Server = NewServer(t, cfg)
	return s
}

// Run keeps a loop going until the test ends.
func (s *Shop) Run(loop func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = loop(ctx) })
	s.T.Cleanup(func() { cancel(); wg.Wait() })
}

// Call is Call at the shop's server.
func (s *Shop) Call(method, path string, body any, headers ...string) Answer {
	s.T.Helper()
	return Call(s.T, s.Server, method, path, body, headers...)
}

// Must is a call that a test relies on.
func (s *Shop) Must(status int, method, path string, body any, headers ...string) Answer {
	s.T.Helper()
	a := s.Call(method, path, body, headers...)
	require.Equal(s.T, status, a.Status, "%s %s: %s", method, path, a.Body)
	return a
}

// Open creates and preloads a sale and gives its id.
func (s *Shop) Open(sale map[string]any) string {
	s.T.Helper()
	id := s.Must(201, "POST", "/api/v1/admin/sales", sale, Admin).JSON["id"].(string)
	s.Must(200, "POST", "/api/v1/admin/sales/"+id+"/preload", nil, Admin)
	return id
}

// Buy asks for units of a sale.
func (s *Shop) Buy(sale, buyer string, quantity int64, headers ...string) Answer {
	s.T.Helper()
	return s.Call("POST", "/api/v1/sales/"+sale+"/orders", Lines(quantity), append(headers, As(s.T, buyer))...)
}

// MustBuy gives the id of the order of one unit.
func (s *Shop) MustBuy(sale, buyer string, headers ...string) string {
	s.T.Helper()
	a := s.Buy(sale, buyer, 1, headers...)
	require.Equal(s.T, 202, a.Status, "%s", a.Body)
	return a.JSON["order_id"].(string)
}

// Settle records what is in the outbox, once.
func (s *Shop) Settle(sale string) {
	s.T.Helper()
	id, err := seckill.ParseID(sale)
	require.NoError(s.T, err)
	require.NoError(s.T, settleOutbox(context.Background(), s.Gate, s.Ledger, id))
}

// settleOutbox does the relay's and the settler's work without a broker.
func settleOutbox(ctx context.Context, g *gate.Gate, l *ledger.Ledger, sale seckill.ID) error {
	entries, err := g.ReadOutbox(ctx, sale, "test", 1_000, 0)
	if err != nil {
		return err
	}
	for _, e := range entries {
		r, err := l.Settle(ctx, e.Orders)
		if err != nil {
			return err
		}
		var changes []seckill.Change
		for _, o := range append(r.Settled, r.Failed...) {
			changes = append(changes, seckill.Change{OrderID: o.ID, Status: o.Status})
		}
		if err := g.Settled(ctx, sale, []seckill.OutboxEntry{e}, changes); err != nil {
			return err
		}
	}
	return nil
}

// Staff settles a sale's orders all the time.
func (s *Shop) Staff(sale string) {
	id, err := seckill.ParseID(sale)
	require.NoError(s.T, err)
	s.Run(func(ctx context.Context) error {
		for ctx.Err() == nil {
			_ = settleOutbox(ctx, s.Gate, s.Ledger, id)
			select {
			case <-ctx.Done():
			case <-time.After(5 * time.Millisecond):
			}
		}
		return nil
	})
}
