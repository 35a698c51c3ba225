package buyer

import (
	"sync/atomic"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/seckill-go/seckill/seckill"
)

// refusals counts, for each sale, the orders that this process refused, by code.
type refusals struct {
	sales *lru.Cache[seckill.ID, map[seckill.Code]*atomic.Int64]
}

func newRefusals() *refusals {
	sales, _ := lru.New[seckill.ID, map[seckill.Code]*atomic.Int64](maxCachedSales) // fails on a size below 1 alone
	return &refusals{sales: sales}
}

// add counts one; the caller has made sure that the sale exists.
func (r *refusals) add(sale seckill.ID, code seckill.Code) {
	counts, found := r.sales.Get(sale)
	if !found {
		fresh := make(map[seckill.Code]*atomic.Int64, len(seckill.Codes))
		for _, c := range seckill.Codes {
			fresh[c] = new(atomic.Int64)
		}
		if counts, found, _ = r.sales.PeekOrAdd(sale, fresh); !found {
			counts = fresh
		}
	}
	counts[code].Add(1)
}

func (r *refusals) of(sale seckill.ID) map[seckill.Code]int64 {
	out := map[seckill.Code]int64{}
	counts, _ := r.sales.Get(sale)
	for code, n := range counts {
		if v := n.Load(); v > 0 {
			out[code] = v
		}
	}
	return out
}
