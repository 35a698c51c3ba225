package web_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// All numbers go one way behind the calls, so those of the price stand for them.
func TestNoCallGuessesAValueOfASale(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	draft := "/api/v1/admin/sales/" + s.must(201, "POST", "/api/v1/admin/sales", draft(1, 1), admin).json["id"].(string)
	for _, v := range testkit.SaleValues() {
		if number := v.Field == "stock" || v.Field == "list_price" || v.Field == "limit_per_buyer" || v.Field == "hold_seconds"; number && !v.Null && !v.Absent {
			continue
		}
		created, other := 201, 200
		if !v.Taken {
			created, other = 400, 400
		}
		a := s.call("POST", "/api/v1/admin/sales", v.Sale(), admin)
		require.Equal(t, created, a.status, "POST %v: %s", v, a.body)
		if !v.Taken {
			require.Contains(t, strings.Join(errorFields(a), " "), v.Field, "POST %v", v)
		}
		a = s.call("PUT", draft, v.Sale(), admin)
		require.Equal(t, other, a.status, "PUT %v: %s", v, a.body)
		for kind, file := range map[string]string{"application/yaml": v.YAML(), "application/json": v.JSON(), "text/csv": v.CSV()} {
			if kind == "text/csv" && !v.InCSV() {
				continue
			}
			a := s.call("POST", "/api/v1/admin/sales/import", file, "Content-Type: "+kind, admin)
			require.Equal(t, other, a.status, "import of %s %v: %s", kind, v, a.body)
		}
	}
}
