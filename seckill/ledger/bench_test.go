package ledger

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/database"
)

// BenchmarkSettle tells what a batch costs by its size.
func BenchmarkSettle(b *testing.B) {
	for _, n := range []int{1, 20, 500} {
		for _, driver := range []string{database.SQLite, database.MySQL} {
			b.Run(fmt.Sprintf("%s/%d", driver, n), func(b *testing.B) { benchmarkSettle(b, n, driver) })
		}
	}
}

func benchmarkSettle(b *testing.B, batch int, driver string) {
	f := newFixture(b, driver)
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

// BenchmarkApplyPayment tells what a payment costs by how many arrive together.
func BenchmarkApplyPayment(b *testing.B) {
	for _, n := range []int{1, 64} {
		for _, driver := range []string{database.SQLite, database.MySQL} {
			b.Run(fmt.Sprintf("%s/%d", driver, n), func(b *testing.B) { benchmarkApplyPayment(b, n, driver) })
		}
	}
}

func benchmarkApplyPayment(b *testing.B, callers int, driver string) {
	f := newFixture(b, driver)
	sale := f.sale(map[string]int64{"a": 10_000_000})
	orders := f.orders(sale, b.N)
	for i := range orders {
		orders[i].RequestKey = orders[i].ID.String()
	}
	for _, chunk := range chunks(orders) {
		f.settle(chunk...)
	}
	for _, o := range orders {
		_, err := f.CreatePayment(b.Context(), o.ID, o.Buyer, "standard", "pay-"+o.ID.String())
		require.NoError(b, err)
	}
	b.ResetTimer()
	var next atomic.Int64
	var calls sync.WaitGroup
	for range callers {
		calls.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if _, _, err := f.ApplyPayment(b.Context(), succeeded(orders[i-1])); err != nil {
					b.Error(err)
				}
			}
		})
	}
	calls.Wait()
}
