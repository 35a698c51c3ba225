package ledger

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/seckill-go/seckill/internal/testkit"
)

// BenchmarkSettle tells what a batch costs by its size.
func BenchmarkSettle(b *testing.B) {
	for _, n := range []int{1, 20, 500} {
		b.Run(fmt.Sprintf("sqlite/%d", n), func(b *testing.B) {
			benchmarkSettle(b, n, DriverSQLite, filepath.Join(b.TempDir(), "ledger.db"))
		})
		b.Run(fmt.Sprintf("mysql/%d", n), func(b *testing.B) { benchmarkSettle(b, n, DriverMySQL, testkit.MySQL(b)) })
	}
}

func benchmarkSettle(b *testing.B, batch int, driver, dsn string) {
	f := newFixture(b, driver, dsn)
	sale := f.sale(map[string]int64{"a": 10_000_000})
	for b.Loop() {
		b.StopTimer()
		orders := f.orders(sale, batch)
		for i := range orders {
			orders[i].RequestKey = orders[i].ID.String()
		}
		b.StartTimer()
		f.settle(orders...)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*batch), "µs/order")
}
