package stockload

import (
	"slices"

	"github.com/seckill-go/seckill/internal/database"
)

// Median is what rounds of the same cell come to: the medians of what was measured, and
// the sums of what was counted.
func Median(rounds []Result) Result {
	m := Result{Cell: rounds[0].Cell}
	for value, of := range map[*float64]func(Result) float64{
		&m.PerSecond:  func(r Result) float64 { return r.PerSecond },
		&m.P50:        func(r Result) float64 { return r.P50 },
		&m.P99:        func(r Result) float64 { return r.P99 },
		&m.Retries:    func(r Result) float64 { return r.Retries },
		&m.Connection: func(r Result) float64 { return r.Connection },
	} {
		*value = median(rounds, of)
	}
	for _, r := range rounds {
		m.Oversold += r.Oversold
		for code, n := range r.Failed {
			if m.Failed == nil {
				m.Failed = map[string]int64{}
			}
			m.Failed[code] += n
		}
		if r.Waits != nil {
			if m.Waits == nil {
				m.Waits = &database.Waits{}
			}
			m.Waits.Deadlocks, m.Waits.Locks = m.Waits.Deadlocks+r.Waits.Deadlocks, m.Waits.Locks+r.Waits.Locks
		}
	}
	return m
}

// median is the middle one, or the mean of the two in the middle.
func median(rounds []Result, of func(Result) float64) float64 {
	values := make([]float64, len(rounds))
	for i, r := range rounds {
		values[i] = of(r)
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}
