package bench

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/seckill-go/seckill/internal/load"
	"github.com/seckill-go/seckill/seckill"
)

// Payments that arrive together.
var figure13 = figure{
	number: 13,
	rows: []row{{what: "payment callbacks applied (signature, SQL, event), 64 connections, against single-row committed updates over as many connections in the same database",
		unit: "/s", goal: goal{atLeast: 0.7}}},
	round: func(ctx context.Context, l *Lab) (_ []reading, err error) {
		s, err := l.whole(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, s.end(ctx)) }()
		n := int64(l.Measure.Seconds() * payable)
		updates, err := l.plainUpdates(ctx, s.name, int(n))
		if err != nil {
			return nil, err
		}
		callbacks, err := s.openPayments(ctx, n)
		if err != nil {
			return nil, err
		}
		var applied atomic.Int64
		r, err := l.buy(ctx, s.web.url, s.id, func(c *load.Config) {
			c.Connections, c.Count, c.Duration = payers, n, 0
			c.Source = func(buf []byte, n int64) []byte { return append(buf, callbacks[n]...) }
			c.OnAnswer = func(_ int64, a load.Answer) {
				if strings.Contains(string(a.Body), `"applied"`) {
					applied.Add(1)
				}
			}
		})
		if err != nil {
			return nil, err
		}
		if applied.Load() != n {
			return nil, fmt.Errorf("%d of %d callbacks were applied", applied.Load(), n)
		}
		return []reading{{r.PerSecond(n), updates}}, s.paid(ctx, n)
	},
}

const (
	payers = 64
	// payable is how many orders are paid for each second that a measurement should
	// take: about what two processors do.
	payable = 1500
)

// paid checks that all but the sample's order are paid, and the sale conserved.
func (s alone) paid(ctx context.Context, n int64) error {
	var stats struct{ Orders map[seckill.OrderStatus]int64 }
	if err := s.call(ctx, "GET", "/"+s.id+"/stats", struct{}{}, &stats); err != nil {
		return err
	}
	if stats.Orders[seckill.OrderPaid] != n {
		return fmt.Errorf("%d callbacks were applied, of the orders are %v", n, stats.Orders)
	}
	return s.conserved(ctx)
}

// openPayments makes n orders with an open payment each, and signs the callbacks
// that say that they are paid.
func (s alone) openPayments(ctx context.Context, n int64) ([][]byte, error) {
	l := s.lab
	orders := make([]string, n)
	_, err := l.buy(ctx, s.web.url, s.id, func(c *load.Config) {
		c.Count, c.Duration = n, 0
		c.OnAnswer = func(i int64, a load.Answer) { orders[i] = string(a.OrderID()) }
	})
	if err != nil {
		return nil, err
	}
	if err := s.settled(ctx); err != nil {
		return nil, err
	}
	u, err := url.Parse(s.web.url)
	if err != nil {
		return nil, err
	}
	callbacks := make([][]byte, n)
	_, err = l.buy(ctx, s.web.url, s.id, func(c *load.Config) {
		c.Connections, c.Count, c.Duration = payers, n, 0
		c.Source = func(buf []byte, i int64) []byte {
			return fmt.Appendf(buf, "POST /api/v1/orders/%s/pay HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Length: 0\r\n\r\n",
				orders[i], u.Host, l.tokens[i%int64(len(l.tokens))])
		}
		c.OnAnswer = func(i int64, a load.Answer) {
			var open struct {
				PaymentID string `json:"payment_id"`
			}
			if json.Unmarshal(a.Body, &open) == nil && open.PaymentID != "" {
				callbacks[i] = callback(u.Host, open.PaymentID, orders[i])
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for i, c := range callbacks {
		if c == nil {
			return nil, fmt.Errorf("no payment was opened for order %q", orders[i])
		}
	}
	return callbacks, nil
}

// callback is a whole request of the provider, by the Standard Webhooks
// specification.
func callback(host, payment, order string) []byte {
	now := time.Now()
	body := fmt.Sprintf(`{"type":"payment.succeeded","data":{"payment_id":%q,"order_id":%q,"amount":%d,"currency":"CNY","paid_at":%q}}`,
		payment, order, price, now.UTC().Format(time.RFC3339))
	id, at := "evt_"+payment, strconv.FormatInt(now.Unix(), 10)
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(paymentSecret, "whsec_"))
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + at + "." + body))
	return fmt.Appendf(nil, "POST /webhooks/payments/standard HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"+
		"webhook-id: %s\r\nwebhook-timestamp: %s\r\nwebhook-signature: v1,%s\r\n\r\n%s",
		host, len(body), id, at, base64.StdEncoding.EncodeToString(mac.Sum(nil)), body)
}

// plainUpdates measures committed updates of one row each, every row once.
func (l *Lab) plainUpdates(ctx context.Context, database string, n int) (perSecond float64, err error) {
	cfg, err := l.mysqlConfig(database)
	if err != nil {
		return 0, err
	}
	db, err := sql.Open("mysql", cfg.FormatDSN())
	if err != nil {
		return 0, err
	}
	defer db.Close()
	db.SetMaxOpenConns(payers)
	db.SetMaxIdleConns(payers)
	_, err = db.ExecContext(ctx, "CREATE TABLE plain_rows (id INT PRIMARY KEY, value INT NOT NULL) ENGINE = InnoDB")
	if err != nil {
		return 0, err
	}
	defer func() { _, e := db.ExecContext(ctx, "DROP TABLE plain_rows"); err = errors.Join(err, e) }()
	rows := []byte("INSERT INTO plain_rows VALUES (1,0)")
	for id := 2; id <= n; id++ {
		rows = fmt.Appendf(rows, ",(%d,0)", id)
	}
	if _, err = db.ExecContext(ctx, string(rows)); err != nil {
		return 0, err
	}
	update, err := db.PrepareContext(ctx, "UPDATE plain_rows SET value = value + 1 WHERE id = ?")
	if err != nil {
		return 0, err
	}
	defer update.Close()
	return updateEach(ctx, update, n)
}

// updateEach runs the update once for every row.
func updateEach(ctx context.Context, update *sql.Stmt, n int) (perSecond float64, err error) {
	var next atomic.Int64
	var g errgroup.Group
	began := time.Now()
	for range payers {
		g.Go(func() error {
			for id := next.Add(1); id <= int64(n); id = next.Add(1) {
				if _, err := update.ExecContext(ctx, id); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err = g.Wait()
	return float64(n) / time.Since(began).Seconds(), err
}
