package gate

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/testkit"
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
		run(b, server{addr: r.Addr, password: r.Password, prefix: "bench"})
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
