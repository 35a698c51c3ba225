package buyer_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
)

// A page elsewhere can make its own name mean this machine, and a visitor's browser
// then asks under that name.
func TestADemoLoginIsGivenUnderTheServicesOwnNamesAlone(t *testing.T) {
	s := webtest.NewStubbed(t, func(c *webtest.Config) { c.Hosts = []string{"sale.example"} })
	for host, status := range map[string]int{
		"localhost": 200, "localhost:8080": 200, "LOCALHOST.": 200, "shop.localhost:8080": 200,
		"127.0.0.1:8080": 200, "[::1]:8080": 200, "::1": 200, "192.168.1.5:8080": 200,
		"sale.example": 200, "Sale.Example:443": 200, "sale.example.": 200,
		"evil.example": 403, "evil.example:8080": 403, "127.0.0.1.evil.example": 403, "localhost.evil.example": 403,
		"xlocalhost": 403, "sale.example.evil": 403,
	} {
		a := webtest.Call(t, s, "POST", "/api/v1/demo/login", `{"buyer":"alice"}`, "Host: "+host)
		require.Equal(t, status, a.Status, host)
		if status == 403 {
			require.Equal(t, "forbidden", a.Code())
		}
	}
}
