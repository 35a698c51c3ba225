package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-go/seckill/seckill"
)

// sale is a sale under load.
type sale struct {
	*stage
	id string
}

// call speaks the operators' API.
func (s *stage) call(ctx context.Context, method, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, s.web.url+"/api/v1/admin/sales"+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+adminToken)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode/100 != 2 {
		return errors.Join(err, fmt.Errorf("%s %s: %d %s", method, path, res.StatusCode, answer))
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}

// sale makes a sale that is open now, and whose orders nobody ends.
func (s *stage) sale(ctx context.Context, stock int64) (sale, error) {
	return s.saleFor(ctx, stock, hold, -time.Minute)
}

// price of a unit, in minor units.
const price = 19900

// saleFor makes a sale that opens after a while, or did before.
func (s *stage) saleFor(ctx context.Context, stock int64, hold, opens time.Duration) (sale, error) {
	now := time.Now().UTC()
	var made struct{ ID string }
	err := s.call(ctx, "POST", "", map[string]any{
		"name": "Benchmark", "starts_at": now.Add(opens), "ends_at": now.Add(max(opens, 0) + 24*time.Hour), "hold_seconds": int64(hold / time.Second),
		"items": []map[string]any{{"sku": sku, "title": "A phone", "price": price, "currency": "CNY", "stock": stock, "limit_per_buyer": seckill.MaxUnitsPerLine}},
	}, &made)
	if err != nil {
		return sale{}, err
	}
	return sale{s, made.ID}, s.call(ctx, "POST", "/"+made.ID+"/preload", struct{}{}, nil)
}

func (s sale) key(name string) string { return s.name + ":{" + s.id + "}:" + name }

// settlesWithin is longer than any backlog of a round.
const settlesWithin = 20 * time.Minute

// settled waits until no order is on its way into SQL. It asks Redis itself, since
// the service would have to count orders to tell.
func (s sale) settled(ctx context.Context) error {
	err := within(ctx, settlesWithin, func() (bool, error) {
		n, err := s.lab.redis.HGet(ctx, s.key("inflight"), "#orders").Int64()
		if errors.Is(err, redis.Nil) {
			return true, nil
		}
		return n == 0, err
	})
	if err != nil {
		return fmt.Errorf("orders are not in SQL: %w", err)
	}
	return nil
}

// kept checks that the sale has every unit and every accepted order.
func (s sale) kept(ctx context.Context, accepted int64) error {
	if err := s.conserved(ctx); err != nil {
		return err
	}
	return s.has(ctx, seckill.OrderAwaitingPayment, accepted)
}

// conserved audits the sale.
func (s sale) conserved(ctx context.Context) error {
	var audit seckill.Audit
	if err := s.call(ctx, "GET", "/"+s.id+"/audit", struct{}{}, &audit); err != nil {
		return err
	}
	if !audit.Conserved {
		return fmt.Errorf("the audit is not clean: %+v", audit)
	}
	return nil
}

// has checks how many orders of the sale SQL has.
func (s sale) has(ctx context.Context, status seckill.OrderStatus, want int64) error {
	var stats struct{ Orders map[seckill.OrderStatus]int64 }
	if err := s.call(ctx, "GET", "/"+s.id+"/stats", struct{}{}, &stats); err != nil {
		return err
	}
	if len(stats.Orders) != 1 || stats.Orders[status] != want {
		return fmt.Errorf("want %d orders that are %s, have %v", want, status, stats.Orders)
	}
	return nil
}
