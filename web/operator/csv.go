package operator

import (
	"bufio"
	"strings"
)

// csvWriter writes CSV for people who open it in a spreadsheet. Every field is in
// quotes, so that a program that separates by something else than commas sees the
// same cells, and no cell can be taken for a formula.
type csvWriter struct{ *bufio.Writer }

// row writes one row. An error comes with Flush.
func (w csvWriter) row(fields []string) {
	for i, field := range fields {
		if i > 0 {
			_ = w.WriteByte(',')
		}
		_ = w.WriteByte('"')
		_, _ = w.WriteString(strings.ReplaceAll(withoutFormulas(field), `"`, `""`))
		_ = w.WriteByte('"')
	}
	_, _ = w.WriteString("\r\n")
}

const (
	// cellBegins are the letters behind which some program begins a new cell.
	cellBegins = ",;\t|\r\n"
	// cellIgnored are those that a program skips at the beginning of a cell.
	cellIgnored = " \"\u00a0\u3000"
	// formulaBegins are those that make a cell a formula, full-width ones too.
	formulaBegins = "=+-@＝＋－＠"
)

// withoutFormulas puts a quote before whatever a spreadsheet would run: what begins
// like a formula, at the beginning or behind a letter that separates cells somewhere.
func withoutFormulas(s string) string {
	if !strings.ContainsAny(s, formulaBegins) && !strings.ContainsAny(s, "\t\r") {
		return s
	}
	var safe strings.Builder
	begins := true
	for i, r := range s {
		switch {
		case strings.ContainsRune(cellBegins, r):
			if i == 0 {
				safe.WriteByte('\'')
			}
			begins = true
		case begins && strings.ContainsRune(formulaBegins, r):
			safe.WriteByte('\'')
			begins = false
		case !strings.ContainsRune(cellIgnored, r):
			begins = false
		}
		safe.WriteRune(r)
	}
	return safe.String()
}
