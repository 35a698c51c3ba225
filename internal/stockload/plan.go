package stockload

import (
	"strconv"
	"time"
)

// Cell is one measurement: a way to sell, so many goods, so many callers at a time.
type Cell struct {
	Way     string `json:"way"`
	Goods   int    `json:"goods"`
	Callers int    `json:"callers"`
}

// plan is what the callers of one process do.
type plan struct {
	Cell    // its callers are those of the process
	Orders  string
	Warm    time.Duration
	Measure time.Duration
}

// GoodsNames are the names of the goods of cells with so many. Others have others, so that
// no cell is slowed down by what another has left of a goods.
func GoodsNames(count int) []string {
	names := make([]string, count)
	for i := range names {
		names[i] = "of-" + strconv.Itoa(count) + "-" + strconv.Itoa(i)
	}
	return names
}
