package salefile

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seckill-go/seckill/internal/suggest"
)

// columns are those of a kind of table, in any order. Optional ones may be left out.
type columns struct {
	known, optional []string
}

// read gives the names of a table's columns and the rows below them. A table without any
// row has no names either.
func (c columns) read(data []byte) (named []string, rows []csvRow, err error) {
	rows, broken := c.rows(data)
	if len(rows) == 0 {
		return nil, nil, broken
	}
	named, err = c.of(rows[0]) // says more than what follows from a strange first row
	return named, rows[1:], cmp.Or(err, broken)
}

// of names the columns by the first row. A column without a name is there where a
// spreadsheet pads its rows.
func (c columns) of(header csvRow) ([]string, error) {
	wrong := func(format string, args ...any) ([]string, error) {
		return nil, header.wrong(format, args...)
	}
	names := func(cell string) bool { return slices.Contains(c.known, columnName(cell)) }
	if len(header.cells) > 0 && !slices.ContainsFunc(header.cells, names) && !strings.ContainsAny(header.cells[0], "，；") {
		return wrong("the first row has to name the columns, and none of its cells does; is there a title above them? Columns are %s", strings.Join(c.known, ", "))
	}
	named := make([]string, len(header.cells))
	for i, cell := range header.cells {
		name := columnName(cell)
		switch {
		case name == "":
		case len(header.cells) == 1 && strings.ContainsAny(cell, "，；"):
			return wrong("full-width commas stand between the columns; save the file with plain ones")
		case !slices.Contains(c.known, name):
			return wrong("unknown column %s%s; known are %s", short(cell), suggest.DidYouMean(name, c.known), strings.Join(c.known, ", "))
		case slices.Contains(named[:i], name):
			return wrong("column %q is there twice", name)
		}
		named[i] = name
	}
	for _, name := range c.known {
		if !slices.Contains(named, name) && !slices.Contains(c.optional, name) {
			return wrong("column %q is missing", name)
		}
	}
	return named, nil
}

// columnName is the name that a person meant by "Sale key ".
func columnName(cell string) string {
	return strings.ToLower(strings.Join(strings.Fields(cell), "_"))
}

// csvRow is a row that has something in it.
type csvRow struct {
	line  int
	cells []string
	named map[string]string // what is not empty, by column
}

func (r csvRow) where() string { return fmt.Sprintf("row %d", r.line) }

func (r csvRow) wrong(format string, args ...any) *RowError {
	return &RowError{r.where(), fmt.Sprintf(format, args...)}
}

// put gives each cell to its column. Programs leave empty cells at the end of a row
// away, or add some.
func (r *csvRow) put(columns []string) error {
	r.named = make(map[string]string)
	for i, cell := range r.cells {
		switch {
		case cell == "":
		case i >= len(columns) || columns[i] == "":
			return r.wrong("%s stands in column %d, which has no name; is a comma in a cell without quotes?", short(cell), i+1)
		default:
			r.named[columns[i]] = cell
		}
	}
	return nil
}

// rows reads the rows that have something in them, with the separator by which
// the first of them names most columns.
func (c columns) rows(data []byte) ([]csvRow, error) {
	if !bytes.ContainsRune(data, '\n') {
		data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n")) // as programs of old did
	}
	separators := []rune{',', ';', '\t', '|'}
	if line, rest, _ := bytes.Cut(data, []byte("\n")); bytes.HasPrefix(bytes.ToLower(line), []byte("sep=")) {
		if sep := []rune(strings.TrimSuffix(string(line[4:]), "\r")); len(sep) == 1 && slices.Contains(separators, sep[0]) {
			separators = sep
		}
		data = append([]byte("\n"), rest...) // rows keep their numbers
	}
	best, most := separators[0], 0
	for _, sep := range separators {
		first, _ := rowsBy(data, sep, 1)
		if len(first) > 0 {
			named := 0
			for _, cell := range first[0].cells {
				if slices.Contains(c.known, columnName(cell)) {
					named++
				}
			}
			if named > most {
				best, most = sep, named
			}
		}
	}
	return rowsBy(data, best, -1)
}

// rowsBy reads up to so many rows, all if it is negative, and tells those before an
// error too.
func rowsBy(data []byte, separator rune, most int) ([]csvRow, error) {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = separator, -1, separator != '\t'
	var all []csvRow
	for len(all) != most {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return all, csvError(err)
		}
		line, _ := r.FieldPos(0)
		filled := false
		for i, cell := range record {
			record[i] = strings.TrimSpace(cell)
			filled = filled || strings.Trim(record[i], ",;|") != ""
		}
		if filled {
			all = append(all, csvRow{line: line, cells: record})
		}
	}
	return all, nil
}

func csvError(err error) error {
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return err
	}
	reason := parse.Err.Error()
	switch {
	case errors.Is(err, csv.ErrBareQuote):
		reason = "a quote in the middle of a cell; put the whole cell in quotes, and double those in it"
	case errors.Is(err, csv.ErrQuote):
		reason = "a quote is not closed, or something follows the closing one; double the quotes in a cell"
	}
	return &RowError{fmt.Sprintf("row %d", parse.StartLine), reason}
}
