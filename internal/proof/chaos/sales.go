package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// makeSale creates a sale and loads it, as an operator does.
func (run *Run) makeSale(ctx context.Context, n int, p SalePlan) (sale, error) {
	s := sale{SalePlan: p, opens: run.began.Add(p.Opens).UTC().Truncate(time.Millisecond), prices: map[string]int64{}}
	items := make([]map[string]any, len(p.Items))
	for i, it := range p.Items {
		s.prices[it.SKU] = it.Price
		items[i] = map[string]any{"sku": it.SKU, "title": it.SKU, "price": it.Price, "currency": currency, "stock": it.Stock, "limit_per_buyer": it.Limit,
			"goods_id": it.Goods}
	}
	definition := map[string]any{
		"name": fmt.Sprintf("Sale %d of seed %d", n, run.Seed), "starts_at": s.opens, "ends_at": s.opens.Add(time.Hour),
		"hold_seconds": int64(run.Hold / time.Second), "items": items,
	}
	if p.Entries > 0 { // from now on, since on a slow machine nobody might be in time
		definition["entry"], definition["entries_until"] = "draw", time.Now().Add(p.Entries).UTC()
	}
	if p.Queue {
		definition["entry"] = "queue"
	}
	body, err := json.Marshal(definition)
	if err != nil {
		return s, err
	}
	url := run.slots[0].url() + "/api/v1/admin/sales"
	a := run.call(ctx, "POST", url, adminToken, nil, body)
	var made struct{ ID string }
	if a.HTTP != 201 || json.Unmarshal(a.Body, &made) != nil {
		return s, fmt.Errorf("create: %d %s", a.HTTP, a.Body)
	}
	s.id = made.ID
	if a = run.call(ctx, "POST", url+"/"+s.id+"/preload", adminToken, nil, nil); a.HTTP != 200 {
		return s, fmt.Errorf("preload: %d %s", a.HTTP, a.Body)
	}
	return s, nil
}
