package salefile

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// The same table goes through the calls and the import in package web, through the
// command in cmd/seckill, and through the script in internal/proof/shipped.
func TestNoWayInGuessesAValue(t *testing.T) {
	for _, v := range testkit.SaleValues() {
		files := map[string]string{"x.yaml": v.YAML(), "x.json": v.JSON()}
		if v.InCSV() {
			files["x.csv"] = v.CSV()
		}
		for name, content := range files {
			sales, err := Read(name, strings.NewReader(content))
			if v.Taken {
				require.NoError(t, err, "%s %v", name, v)
				require.Len(t, sales, 1)
				continue
			}
			require.Error(t, err, "%s %v", name, v)
			require.NotContains(t, err.Error(), "\n", "%s %v: one line", name, v)
			if !strings.Contains(err.Error(), "not allowed") { // what is no YAML at all
				require.Regexp(t, `^(line|row) \d+.*: `, err.Error())
				require.Contains(t, err.Error(), v.Field+": ", "%s %v", name, v)
			}
		}
		_, err := Draft([]byte(v.Sale()))
		require.Equal(t, v.Taken, err == nil, "call: %v: %v", v, err)
		if v.Field == "price" && !v.Taken && strings.HasPrefix(v.Written, "128") {
			require.ErrorContains(t, err, "in minor units (19900 for 199.00 CNY)")
			for currency, amount := range map[string]string{"JPY": "19900 JPY", "KWD": "19.900 KWD", "RMB": "199.00"} {
				_, err := Draft([]byte(strings.Replace(v.Sale(), `"CNY"`, `"`+currency+`"`, 1)))
				require.ErrorContains(t, err, "in minor units (19900 for "+amount+")")
			}
		}
	}
}
