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

// csvColumns are the columns of a CSV file, in any order. One row is one item;
// rows with the same sale_key are one sale and must say the same of it. Several
// images have spaces between.
var csvColumns = []string{"sale_key", "sale_name", "starts_at", "ends_at", "starts_in", "lasts", "hold_seconds",
	"sku", "title", "image_url", "images", "price", "list_price", "currency", "stock", "limit_per_buyer", "goods_id"}

// csvOptional may be left out; so may either pair of times.
var csvOptional = []string{"starts_at", "ends_at", "starts_in", "lasts", "hold_seconds", "image_url", "images", "list_price", "limit_per_buyer", "goods_id"}

// csvSale are the columns that tell of the sale, with the names of their fields.
var csvSale = map[string]string{"sale_key": "key", "sale_name": "name", "starts_at": "starts_at", "ends_at": "ends_at",
	"starts_in": "starts_in", "lasts": "lasts", "hold_seconds": "hold_seconds"}

func readCSV(data []byte) (value, error) {
	rows, broken := readTable(data)
	if len(rows) == 0 {
		return value{}, broken
	}
	columns, err := columnsOf(rows[0]) // says more than what follows from a strange first row
	if err = cmp.Or(err, broken); err != nil {
		return value{}, err
	}
	sales := value{kind: list}
	index := make(map[string]int) // of a sale in the list, by its key
	first := make(map[int]csvRow) // of a sale
	var bad []error
	for _, row := range rows[1:] {
		if err := row.put(columns); err != nil {
			bad = append(bad, err)
			continue
		}
		i, known := index[row.named["sale_key"]]
		if !known {
			i = len(sales.list)
			index[row.named["sale_key"]], first[i] = i, row
			sales.list = append(sales.list, row.sale())
		} else if err := row.sameSale(first[i]); err != nil {
			bad = append(bad, err)
			continue
		}
		items := &sales.list[i].fields[0].value
		items.list = append(items.list, row.item())
	}
	if len(bad) > 0 {
		return value{}, joined(bad)
	}
	return value{kind: object, fields: []field{{name: "sales", value: sales}}}, nil
}

// columnsOf names the columns by the first row. A column without a name is there
// where a spreadsheet pads its rows.
func columnsOf(header csvRow) ([]string, error) {
	wrong := func(format string, args ...any) ([]string, error) {
		return nil, &RowError{header.where(), fmt.Sprintf(format, args...)}
	}
	names := func(cell string) bool { return slices.Contains(csvColumns, columnName(cell)) }
	if len(header.cells) > 0 && !slices.ContainsFunc(header.cells, names) && !strings.ContainsAny(header.cells[0], "，；") {
		return wrong("the first row has to name the columns, and none of its cells does; is there a title above them? Columns are %s", strings.Join(csvColumns, ", "))
	}
	columns := make([]string, len(header.cells))
	for i, cell := range header.cells {
		name := columnName(cell)
		switch {
		case name == "":
		case len(header.cells) == 1 && strings.ContainsAny(cell, "，；"):
			return wrong("full-width commas stand between the columns; save the file with plain ones")
		case !slices.Contains(csvColumns, name):
			return wrong("unknown column %s%s; known are %s", short(cell), suggest.DidYouMean(name, csvColumns), strings.Join(csvColumns, ", "))
		case slices.Contains(columns[:i], name):
			return wrong("column %q is there twice", name)
		}
		columns[i] = name
	}
	for _, name := range csvColumns {
		if !slices.Contains(columns, name) && !slices.Contains(csvOptional, name) {
			return wrong("column %q is missing", name)
		}
	}
	return columns, nil
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

// put gives each cell to its column. Programs leave empty cells at the end of a row
// away, or add some.
func (r *csvRow) put(columns []string) error {
	r.named = make(map[string]string)
	for i, cell := range r.cells {
		switch {
		case cell == "":
		case i >= len(columns) || columns[i] == "":
			return &RowError{r.where(), fmt.Sprintf("%s stands in column %d, which has no name; is a comma in a cell without quotes?", short(cell), i+1)}
		default:
			r.named[columns[i]] = cell
		}
	}
	if r.named["sale_key"] == "" {
		return &RowError{r.where(), "sale_key: is required; every row says which sale it is of, also where cells were merged"}
	}
	return nil
}

// sameSale complains of a row that says otherwise of its sale than an earlier one.
func (r csvRow) sameSale(first csvRow) error {
	for _, column := range csvColumns {
		if _, ofSale := csvSale[column]; ofSale && r.named[column] != first.named[column] {
			return &RowError{r.where(), fmt.Sprintf("says something else of sale %s than %s does: %s is %s, not %s",
				short(r.named["sale_key"]), first.where(), column, short(r.named[column]), short(first.named[column]))}
		}
	}
	return nil
}

// sale is the row's sale, with no items yet in its first field.
func (r csvRow) sale() value {
	v := value{kind: object, line: r.line, fields: []field{{name: "items", value: value{kind: list}}}}
	for _, column := range csvColumns {
		if name, ofSale := csvSale[column]; ofSale && r.named[column] != "" {
			v.fields = append(v.fields, field{name, value{kind: bare, text: r.named[column]}, r.line})
		}
	}
	return v
}

func (r csvRow) item() value {
	v := value{kind: object, line: r.line}
	for _, column := range csvColumns {
		cell := value{kind: bare, text: r.named[column]}
		if _, ofSale := csvSale[column]; ofSale || cell.text == "" {
			continue
		}
		if column == "images" {
			cell.kind = list
			for image := range strings.FieldsSeq(cell.text) {
				cell.list = append(cell.list, value{kind: bare, text: image})
			}
		}
		v.fields = append(v.fields, field{column, cell, r.line})
	}
	return v
}

// readTable reads the rows that have something in them, with the separator by which
// the first of them names most columns.
func readTable(data []byte) ([]csvRow, error) {
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
				if slices.Contains(csvColumns, columnName(cell)) {
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
