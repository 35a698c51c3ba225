package operator_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/internal/proof/webtest"
)

// All numbers go one way behind the calls, so those of the price stand for them.
func TestNoCallGuessesAValueOfASale(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	draft := "/api/v1/admin/sales/" + s.Must(201, "POST", "/api/v1/admin/sales", webtest.Draft(1, 1), webtest.Admin).JSON["id"].(string)
	for _, v := range testkit.SaleValues() {
		if number := v.Field == "stock" || v.Field == "list_price" || v.Field == "limit_per_buyer" || v.Field == "hold_seconds"; number && !v.Null && !v.Absent {
			continue
		}
		created, other := 201, 200
		if !v.Taken {
			created, other = 400, 400
		}
		a := s.Call("POST", "/api/v1/admin/sales", v.Sale(), webtest.Admin)
		require.Equal(t, created, a.Status, "POST %v: %s", v, a.Body)
		if !v.Taken {
			require.Contains(t, strings.Join(webtest.ErrorFields(a), " "), v.Field, "POST %v", v)
		}
		a = s.Call("PUT", draft, v.Sale(), webtest.Admin)
		require.Equal(t, other, a.Status, "PUT %v: %s", v, a.Body)
		for kind, file := range map[string]string{"application/yaml": v.YAML(), "application/json": v.JSON(), "text/csv": v.CSV()} {
			if kind == "text/csv" && !v.InCSV() {
				continue
			}
			a := s.Call("POST", "/api/v1/admin/sales/import", file, "Content-Type: "+kind, webtest.Admin)
			require.Equal(t, other, a.Status, "import of %s %v: %s", kind, v, a.Body)
		}
	}
}
