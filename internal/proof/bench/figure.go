package bench

import (
	"context"
	"fmt"
	"slices"
)

// figure is one thing to measure; it may have several rows in the table.
type figure struct {
	number int
	rows   []row
	// round measures once: a reading for each row, in their order. It cleans up
	// after itself.
	round func(ctx context.Context, l *Lab) ([]reading, error)
}

// row is a line of the table.
type row struct {
	what string // what is measured, and against what
	unit string
	goal goal
}

// reading is one measurement with its reference; a row whose goal is absolute has
// none.
type reading struct{ ours, reference float64 }

// goal is what a row should reach: a ratio, or a value in the row's unit.
type goal struct {
	atLeast, atMost float64 // one of them is set
	absolute        bool
}

func (g goal) String() string {
	if g.atLeast > 0 {
		return fmt.Sprintf("≥ %g", g.atLeast)
	}
	return fmt.Sprintf("≤ %g", g.atMost)
}

func (g goal) reached(v float64) bool {
	if g.atLeast > 0 {
		return v >= g.atLeast
	}
	return v <= g.atMost
}

// judged is the value that a goal is held against.
func (g goal) judged(r reading) float64 {
	if g.absolute {
		return r.ours
	}
	return r.ours / r.reference
}

// outcome is what all rounds of a row came to.
type outcome struct {
	number   int
	row      row
	readings []reading
}

func (o outcome) each(of func(reading) float64) []float64 {
	values := make([]float64, len(o.readings))
	for i, r := range o.readings {
		values[i] = of(r)
	}
	return values
}

// median is the middle of the values, or the mean of the two in the middle.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}
