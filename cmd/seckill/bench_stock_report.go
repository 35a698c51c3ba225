package main

import (
	"fmt"
	"io"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/stockload"
)

// benchStockReport is what `seckill bench stock` found out; its JSON is for scripts.
type benchStockReport struct {
	Version   string               `json:"version"`
	Database  database.Description `json:"database"`
	Processes int                  `json:"processes"`
	Seconds   float64              `json:"seconds"` // of each measurement
	Rounds    int                  `json:"rounds"`
	Results   []stockload.Result   `json:"results"`
}

func (r *benchStockReport) print(out io.Writer) {
	fmt.Fprintf(out, "%s %s; processes: %d; seconds of each: %g; rounds: %d (medians, and sums of what is counted)\n\n",
		r.Database.Product, r.Database.Version, r.Processes, r.Seconds, r.Rounds)
	rows := &table{right: true}
	rows.row("STRATEGY", "GOODS", "CALLERS", "SALES/S", "P50 MS", "P99 MS", "RETRIES/SALE", "DEADLOCKS", "LOCK WAITS", "CONNECTION MS/SALE", "FAILED", "OVERSOLD")
	for _, m := range r.Results {
		deadlocks, waits := "-", "-"
		if m.Waits != nil {
			deadlocks, waits = fmt.Sprint(m.Waits.Deadlocks), fmt.Sprint(m.Waits.Locks)
		}
		rows.row(m.Way, m.Goods, m.Callers, fmt.Sprintf("%.0f", m.PerSecond), fmt.Sprintf("%.1f", m.P50), fmt.Sprintf("%.1f", m.P99),
			fmt.Sprintf("%.2f", m.Retries), deadlocks, waits, fmt.Sprintf("%.1f", m.Connection), m.NotSold(), m.Oversold)
	}
	rows.print(out)
}

// verdict fails where a unit was sold twice.
func (r *benchStockReport) verdict() error {
	for _, m := range r.Results {
		if m.Oversold != 0 {
			return errNo{fmt.Errorf("%s, %d goods, %d callers: %d units were oversold, which is a fault of this program", m.Way, m.Goods, m.Callers, m.Oversold)}
		}
	}
	return nil
}
