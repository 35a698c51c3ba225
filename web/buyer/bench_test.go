package buyer_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
)

// BenchmarkBuy is what the buy call costs between net/http and the gate: an order
// that is admitted, and one that the sold-out memory refuses.
func BenchmarkBuy(b *testing.B) {
	now := time.Now()
	sale := seckill.Sale{ID: 7, Name: "sale", State: seckill.SaleReady, StartsAt: now, EndsAt: now.Add(time.Hour), Hold: time.Minute,
		Items: []seckill.Item{{SKU: "phone-1", Title: "Phone", Price: 19900, Currency: "CNY", Total: 10, LimitPerBuyer: 1}}}
	yes := func(r seckill.Request) (seckill.Admission, error) {
		return seckill.Admission{OrderID: r.OrderID, Ticket: 17, At: now, HoldUntil: now.Add(time.Minute)}, nil
	}
	const wish = `{"lines":[{"sku":"phone-1","quantity":1}]}`
	no := func(seckill.Request) (seckill.Admission, error) {
		return seckill.Admission{}, seckill.Errorf(seckill.CodeSoldOut, "no units are left just now")
	}
	for name, admit := range map[string]func(seckill.Request) (seckill.Admission, error){"admitted": yes, "sold out": no} {
		b.Run(name, func(b *testing.B) {
			cfg, g, _ := webtest.StubConfig(b)
			cfg.PerIPRPS, cfg.PerIPBurst, cfg.PerBuyerRPS, cfg.PerBuyerBurst = 1e6, 1e6, 1e6, 1e6
			g.OnAdmit, g.OnSale = admit, func(seckill.ID) (seckill.Sale, error) { return sale, nil }
			s, err := webtest.New(cfg)
			require.NoError(b, err)
			_, token, _ := strings.Cut(webtest.As(b, "buyer-00000001"), ": ")
			handler, body := s.Handler(), strings.NewReader("")
			r := httptest.NewRequest("POST", "/api/v1/sales/7/orders", body)
			r.Header = http.Header{"Authorization": {token}, "Content-Type": {"application/json"}, "Idempotency-Key": {"key-1"}}
			r.ContentLength = int64(len(wish))
			b.ReportAllocs()
			for b.Loop() {
				body.Reset(wish)
				r.Body = io.NopCloser(body)
				handler.ServeHTTP(discard{http.Header{}}, r)
			}
		})
	}
}

// discard is the answer of which nobody reads anything.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}
