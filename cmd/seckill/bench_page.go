package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"os"
	"strings"
	"time"
)

//go:embed bench.html
var benchPage string

var benchTemplate = template.Must(template.New("bench").Funcs(template.FuncMap{
	"ms": func(v float64) string { return fmt.Sprintf("%.1f", v) }, "n": func(v float64) string { return fmt.Sprintf("%.0f", v) },
	"at":   func(t time.Time) string { return t.Format("2006-01-02 15:04:05 UTC") },
	"list": func(m map[string]int64) string { return strings.TrimPrefix(countsOf(m), ": ") },
}).Parse(benchPage))

// writePage writes the report as one HTML file that needs no other.
func (r *benchReport) writePage(name string) error {
	var page strings.Builder
	err := benchTemplate.Execute(&page, struct {
		*benchReport
		Percentiles, Rates plot
		Funnel             []step
	}{r, r.percentiles(), r.rates(), r.funnel()})
	if err == nil {
		err = os.WriteFile(name, []byte(page.String()), 0o644)
	}
	if err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

// plot is a drawing of lines over a grid, in units of its own.
type plot struct {
	X, Y  []tick
	Lines []curve
}

type tick struct {
	At   float64
	Text string
}

type curve struct {
	Name, Class string
	Points      string
}

// The drawing area; the template leaves a margin for the ticks.
const plotWidth, plotHeight = 640.0, 220.0

// percentiles draws latency over how rare it is: each step to the right is ten
// times as rare.
func (r *benchReport) percentiles() plot {
	const nines = 5
	top := niceCeiling(r.Latency.Max)
	x := func(share float64) float64 { return plotWidth * -math.Log10(1-share) / nines }
	y := func(ms float64) float64 { return plotHeight * (1 - ms/top) }
	p := plot{Y: ticksTo(top, func(v float64) string { return fmt.Sprintf("%g ms", v) })}
	for i, text := range []string{"0", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %"} {
		p.X = append(p.X, tick{plotWidth * float64(i) / nines, text})
	}
	var points strings.Builder
	for i := range 101 {
		share := 1 - math.Pow(10, -nines*float64(i)/100)
		fmt.Fprintf(&points, "%.1f,%.1f ", x(share), y(float64(r.histogram.ValueAtQuantile(100*share))/1000))
	}
	p.Lines = []curve{{"latency", "latency", points.String()}}
	return p
}

// rates draws the answers of each second.
func (r *benchReport) rates() plot {
	seconds := r.Seconds
	// The last second is a part of one, and would look like a drop.
	if len(seconds) > 1 && float64(len(seconds))-r.Elapsed > 0.1 {
		seconds = seconds[:len(seconds)-1]
	}
	most := 0.0
	for _, s := range seconds {
		most = max(most, float64(s.Accepted), float64(s.Refused), float64(s.Failed))
	}
	top := niceCeiling(most)
	p := plot{Y: ticksTo(top, func(v float64) string { return fmt.Sprintf("%g", v) })}
	last := float64(max(1, len(seconds)-1))
	for i := range min(len(seconds), 11) {
		s := int(math.Round(last * float64(i) / float64(max(1, min(len(seconds), 11)-1))))
		p.X = append(p.X, tick{plotWidth * float64(s) / last, fmt.Sprintf("%d s", s)})
	}
	lines := []struct {
		name  string
		total int64
		of    func(i int) int64
	}{
		{"accepted", r.Accepted, func(i int) int64 { return seconds[i].Accepted }},
		{"refused", r.Refused, func(i int) int64 { return seconds[i].Refused }},
		{"failed", r.Failed, func(i int) int64 { return seconds[i].Failed }},
	}
	for _, l := range lines {
		if l.total == 0 {
			continue
		}
		var points strings.Builder
		for i := range seconds {
			fmt.Fprintf(&points, "%.1f,%.1f ", plotWidth*float64(i)/last, plotHeight*(1-float64(l.of(i))/top))
		}
		p.Lines = append(p.Lines, curve{l.name, l.name, points.String()})
	}
	return p
}

// step is a bar of the funnel.
type step struct {
	Name   string
	Count  int64
	Share  string
	Width  float64
	Top, Y float64
}

// funnelWidth leaves room for the counts.
const funnelWidth = 520.0

func (r *benchReport) funnel() []step {
	var payable int64
	for status, n := range r.Orders {
		if status != "failed" {
			payable += n
		}
	}
	steps := []step{{Name: "requests", Count: r.Requests}, {Name: "answered", Count: r.Accepted + r.Refused}, {Name: "accepted", Count: r.Accepted}}
	if payable <= r.Requests { // a sale that was there before has orders of others
		steps = append(steps, step{Name: "payable", Count: payable})
	}
	for i := range steps {
		share := float64(steps[i].Count) / float64(max(1, r.Requests))
		steps[i].Share, steps[i].Width = fmt.Sprintf("%.1f %%", 100*share), funnelWidth*share
		steps[i].Top, steps[i].Y = float64(32*i), float64(32*i)+12
	}
	return steps
}

// niceCeiling is the next 1, 2 or 5 times a power of ten.
func niceCeiling(v float64) float64 {
	if v <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if v <= m*power {
			return m * power
		}
	}
	return 10 * power
}

func ticksTo(top float64, text func(float64) string) []tick {
	const steps = 4
	var out []tick
	for i := range steps + 1 {
		v := top * float64(i) / steps
		out = append(out, tick{plotHeight * (1 - float64(i)/steps), text(v)})
	}
	return out
}
