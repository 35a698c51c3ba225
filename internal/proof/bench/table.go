package bench

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// markdown makes the table of a run.
func markdown(m machine, settings []string, outcomes []outcome) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", m)
	for _, s := range settings {
		fmt.Fprintf(&b, "- %s\n", s)
	}
	b.WriteString("\n| # | figure | ours | reference | measured (min to max) | goal | reached |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	inOrder := slices.SortedStableFunc(slices.Values(outcomes), func(a, b outcome) int { return a.number - b.number })
	for _, o := range inOrder {
		b.WriteString(o.line())
	}
	return b.String()
}

func (o outcome) line() string {
	ours, reference := o.each(func(r reading) float64 { return r.ours }), "—"
	if !o.row.goal.absolute {
		reference = o.row.with(median(o.each(func(r reading) float64 { return r.reference })))
	}
	judged := o.each(o.row.goal.judged)
	value, reached := median(judged), "no"
	if o.row.goal.reached(value) {
		reached = "yes"
	}
	return fmt.Sprintf("| %d | %s | %s | %s | **%s** (%s to %s) | %s | %s |\n", o.number, o.row.what, o.row.with(median(ours)),
		reference, short(value), short(slices.Min(judged)), short(slices.Max(judged)), o.row.goal, reached)
}

// with writes a value with the row's unit.
func (r row) with(v float64) string { return strings.TrimSpace(short(v) + " " + r.unit) }

// short writes a number with three digits, or all that are before the point.
func short(v float64) string {
	switch a := math.Abs(v); {
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}
