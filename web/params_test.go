package web_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
)

// A filter that got lost shows more than was asked for, and unpaid orders get shipped.
func TestAQueryThatCannotBeReadIsNotLeftOut(t *testing.T) {
	t.Parallel()
	cfg, _, l := webtest.StubConfig(t)
	l.OnSale = func(id seckill.ID) (seckill.Sale, error) { return seckill.Sale{ID: id}, nil }
	l.OnOrders = func(seckill.ID, int) ([]seckill.Order, error) { return nil, nil }
	s := webtest.NewServer(t, cfg)
	for query, status := range map[string]int{
		"":                              200,
		"?status=paid":                  200,
		"?status=paid&limit=5":          200,
		"?status=paid;":                 400,
		"?status=%zz":                   400,
		"?buyer=%zz":                    400,
		"?status=paid&status=cancelled": 400,
		"?status=cancelled;x&limit=5":   400,
	} {
		for _, accept := range []string{"application/json", "text/csv"} {
			a := webtest.Call(t, s, "GET", "/api/v1/admin/sales/7/orders"+query, nil, webtest.Admin, "Accept: "+accept)
			require.Equal(t, status, a.Status, "%s as %s: %s", query, accept, a.Body)
		}
	}
}
