package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/rivo/uniseg"
)

// table lines up cells by how wide they are on a terminal, where 双 takes two columns.
// Cells stand at the left, or at the right of their column.
type table struct {
	right bool
	rows  [][]string
}

func (t *table) row(cells ...any) {
	texts := make([]string, len(cells))
	for i, c := range cells {
		texts[i] = fmt.Sprint(c)
	}
	t.rows = append(t.rows, texts)
}

func (t *table) print(out io.Writer) {
	var widths []int
	for _, row := range t.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], uniseg.StringWidth(cell))
		}
	}
	for _, row := range t.rows {
		var line strings.Builder
		for i, cell := range row {
			space := strings.Repeat(" ", widths[i]-uniseg.StringWidth(cell))
			switch {
			case t.right:
				line.WriteString(space + cell)
			case i == len(row)-1:
				line.WriteString(cell)
			default:
				line.WriteString(cell + space)
			}
			if i < len(row)-1 {
				line.WriteString("  ")
			}
		}
		fmt.Fprintln(out, line.String())
	}
}

// shortened cuts a text that is wider than so many columns.
func shortened(s string, most int) string {
	if uniseg.StringWidth(s) <= most {
		return s
	}
	var cut strings.Builder
	left := most - 1
	for g := uniseg.NewGraphemes(s); g.Next() && g.Width() <= left; left -= g.Width() {
		cut.WriteString(g.Str())
	}
	return cut.String() + "…"
}
