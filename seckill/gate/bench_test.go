package gate

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate/embedded"
)

// BenchmarkAdmit compares one request a call with batches, on each server, in
// orders admitted; compare within one run only.
func BenchmarkAdmit(b *testing.B) {
	onServers(b, func(b *testing.B, s server) {
		for _, limit := range []int{1, 16, 128} {
			b.Run(fmt.Sprintf("batch=%d", limit), func(b *testing.B) {
				g := s.gate(b, func(c *Config) { c.BatchLimit = limit; c.MaxOutbox = 1 << 40 })
				sale := load(b, g, aSale(anItem("phone", seckill.MaxStock)))
				crowd(b, g, sale, func(err error) bool { return err == nil })
			})
		}
	})
}

// BenchmarkScript tells what one order costs Redis itself, in its own CPU time, which
// other load on the machine changes less than the time on the clock. An order comes
// with an idempotency key, as in a sale.
func BenchmarkScript(b *testing.B) {
	addr, password, prefix := testkit.Redis(b)
	s := server{addr: addr, password: password, prefix: prefix, real: true}
	for _, size := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			g := s.gate(b, func(c *Config) { c.MaxOutbox = 1 << 40 })
			sale := load(b, g, aSale(anItem("phone", seckill.MaxStock)))
			before, orders := redisCPU(b, g), 0
			for b.Loop() {
				claims := make([]claim, size)
				for i := range claims {
					orders++
					claims[i].Request = wish(b, sale, fmt.Sprintf("buyer-%08d", orders), fmt.Sprintf("key-%08d", orders), of("phone", 1))
				}
				reply, err := g.sendBatch(sale.ID, claims, manner{})
				require.NoError(b, err)
				v, err := readVerdicts(reply, size)
				require.NoError(b, err)
				require.True(b, v.admittedNow(size-1), v)
			}
			b.ReportMetric((redisCPU(b, g)-before)/float64(orders)*1e6, "redis-µs/order")
		})
	}
}

// redisCPU is the CPU time in seconds that the server has used so far.
func redisCPU(b *testing.B, g *Gate) (seconds float64) {
	info, err := g.cfg.Client.Info(b.Context(), "cpu").Result()
	require.NoError(b, err)
	for line := range strings.Lines(info) {
		for _, name := range []string{"used_cpu_user:", "used_cpu_sys:"} {
			if text, ok := strings.CutPrefix(line, name); ok {
				n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
				require.NoError(b, err)
				seconds += n
			}
		}
	}
	return seconds
}

// BenchmarkSoldOut compares the refusals of Redis with those from memory.
func BenchmarkSoldOut(b *testing.B) {
	onServers(b, func(b *testing.B, s server) {
		for name, ttl := range map[string]int{"redis": -1, "memory": 0} {
			b.Run("answered-by="+name, func(b *testing.B) {
				g := s.gate(b, func(c *Config) {
					if ttl < 0 {
						c.SoldOutTTL = -1
					}
				})
				sale := load(b, g, aSale(anItem("phone", 0)))
				crowd(b, g, sale, func(err error) bool { return seckill.CodeOf(err) == seckill.CodeSoldOut })
			})
		}
	})
}

func onServers(b *testing.B, run func(*testing.B, server)) {
	b.Run("embedded", func(b *testing.B) {
		r, err := embedded.Start()
		require.NoError(b, err)
		defer r.Close()
		run(b, server{dial: r.Dial, prefix: "bench"})
	})
	b.Run("redis", func(b *testing.B) {
		addr, password, prefix := testkit.Redis(b)
		run(b, server{addr: addr, password: password, prefix: prefix, real: true})
	})
}

func crowd(b *testing.B, g *Gate, sale seckill.Sale, fine func(error) bool) {
	var n atomic.Int64
	b.SetParallelism(256)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r := wish(b, sale, fmt.Sprintf("user-%08d", n.Add(1)), "", of("phone", 1))
			if _, err := g.Admit(b.Context(), r); !fine(err) {
				b.Error(err)
				return
			}
		}
	})
}
