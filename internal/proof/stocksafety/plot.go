package stocksafety

import (
	"fmt"
	"html"
	"math"
	"strings"

	"github.com/seckill-go/seckill/internal/stockload"
)

// plot draws lines over how many callers there are; both axes are logarithmic.
type plot struct {
	title string
	unit  string
	of    func(stockload.Result) float64
}

// The drawing area, with room for the axes' words around it.
const (
	plotWidth, plotHeight         = 560.0, 300.0
	left, top, right, bottom      = 70.0, 50.0, 170.0, 50.0
	fullWidth, fullHeight         = left + plotWidth + right, top + plotHeight + bottom
	colours                       = "#0b6e99 #b5482e #3c7d3c #7a4fa3 #8a6d00 #444444 #c2185b #00796b #5d4037"
	background, grid, ink, family = "#ffffff", "#dddddd", "#222222", "sans-serif"
)

// svg draws a line for each way, of results with the same number of goods.
func (p plot) svg(results []stockload.Result) string {
	ways, callers, lowest, highest := p.extent(results)
	x := func(n int) float64 {
		return left + plotWidth*position(float64(n), float64(callers[0]), float64(callers[len(callers)-1]))
	}
	y := func(v float64) float64 { return top + plotHeight*(1-position(v, lowest, highest)) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" role="img" font-family="%s" font-size="13" fill="%s">`+"\n",
		fullWidth, fullHeight, family, ink)
	fmt.Fprintf(&b, `<title>%s</title><rect width="100%%" height="100%%" fill="%s"/>`+"\n", html.EscapeString(p.title), background)
	fmt.Fprintf(&b, `<text x="%g" y="24" font-size="16">%s</text>`+"\n", left, html.EscapeString(p.title))
	for v := lowest; v <= highest*1.0001; v *= 10 {
		fmt.Fprintf(&b, `<path d="M%g %.1fH%g" stroke="%s"/><text x="%g" y="%.1f" text-anchor="end">%g</text>`+"\n", left, y(v), left+plotWidth, grid, left-8, y(v)+4, v)
	}
	for _, n := range callers {
		fmt.Fprintf(&b, `<path d="M%.1f %gV%g" stroke="%s"/><text x="%.1f" y="%g" text-anchor="middle">%d</text>`+"\n", x(n), top, top+plotHeight, grid, x(n), top+plotHeight+18, n)
	}
	fmt.Fprintf(&b, `<text x="%g" y="%g" text-anchor="middle">callers at the same time</text>`+"\n", left+plotWidth/2, fullHeight-10)
	fmt.Fprintf(&b, `<text x="16" y="%g" text-anchor="middle" transform="rotate(-90 16 %g)">%s</text>`+"\n", top+plotHeight/2, top+plotHeight/2, html.EscapeString(p.unit))
	palette := strings.Fields(colours)
	for i, way := range ways {
		colour := palette[i%len(palette)]
		var points []string
		for _, r := range results {
			if r.Way == way && p.of(r) > 0 {
				points = append(points, fmt.Sprintf("%.1f,%.1f", x(r.Callers), y(p.of(r))))
			}
		}
		fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", strings.Join(points, " "), colour)
		row := top + 8 + 20*float64(i)
		fmt.Fprintf(&b, `<path d="M%g %gh18" stroke="%s" stroke-width="3"/><text x="%g" y="%g">%s</text>`+"\n",
			left+plotWidth+14, row, colour, left+plotWidth+38, row+4, html.EscapeString(way))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// extent lists what there is, in the order of the results, and the powers of ten around it.
func (p plot) extent(results []stockload.Result) (ways []string, callers []int, lowest, highest float64) {
	seenWay, seenCallers := map[string]bool{}, map[int]bool{}
	lowest, highest = math.Inf(1), 0
	for _, r := range results {
		if !seenWay[r.Way] {
			seenWay[r.Way], ways = true, append(ways, r.Way)
		}
		if !seenCallers[r.Callers] {
			seenCallers[r.Callers], callers = true, append(callers, r.Callers)
		}
		if v := p.of(r); v > 0 {
			lowest, highest = min(lowest, v), max(highest, v)
		}
	}
	return ways, callers, math.Pow(10, math.Floor(math.Log10(lowest))), math.Pow(10, math.Ceil(math.Log10(highest)))
}

// position is where a value lies between two others, from 0 to 1.
func position(v, from, to float64) float64 {
	if from == to {
		return 0.5
	}
	return math.Log(v/from) / math.Log(to/from)
}
