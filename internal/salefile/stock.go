package salefile

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/seckill-go/seckill/seckill"
)

// stockColumns are those of the shop's stock. One row is one goods, and gives how many
// are on hand, or by how many that changes.
var stockColumns = columns{known: []string{"goods", "on_hand", "by", "reason"}, optional: []string{"on_hand", "by", "reason"}}

// StockRow is what a row says of one goods.
type StockRow struct {
	// Goods is there once in a file.
	Goods string
	// To is how many are on hand from now on, By a difference. One of them is given.
	To *int64
	By int64
	// Reason may be empty.
	Reason string

	row csvRow // where it stands in its file
}

// Row is the number of the row in its file.
func (r StockRow) Row() int { return r.row.line }

// Wrong complains of the row.
func (r StockRow) Wrong(reason string) error { return r.row.wrong("%s", reason) }

// ReadStock reads a table of the shop's stock, whose name ends in .csv, .tsv or .txt. The
// error joins every RowError. Whether the stock can be so is not looked at.
func ReadStock(name string, r io.Reader) ([]StockRow, error) {
	if ext := ending(name); !isTable(ext) {
		return nil, fmt.Errorf("the name must end in .csv, .tsv or .txt, not %q", ext)
	}
	data, err := readText(r, tableSaveAs)
	if err != nil {
		return nil, err
	}
	named, rows, err := stockColumns.read(data)
	switch {
	case err != nil:
		return nil, err
	case named == nil:
		return nil, errEmpty
	case !slices.Contains(named, "on_hand") && !slices.Contains(named, "by"):
		return nil, errors.New(`column "on_hand" or "by" is missing`)
	case len(rows) == 0:
		return nil, errors.New("no goods in it")
	case len(rows) > seckill.MaxImportRows:
		return nil, fmt.Errorf("has %d rows, and %d at most are taken at a time; split it", len(rows), seckill.MaxImportRows)
	}
	var all []error
	var stock []StockRow
	first := make(map[string]csvRow) // of a goods
	for _, row := range rows {
		if err := row.put(named); err != nil {
			all = append(all, err)
			continue
		}
		one, bad := row.stock()
		if before, twice := first[one.Goods]; twice {
			bad = append(bad, row.wrong("goods: %s is in %s already", short(one.Goods), before.where()))
		} else if one.Goods != "" {
			first[one.Goods] = row
		}
		all, stock = append(all, bad...), append(stock, one)
	}
	return stock, joined(all)
}

// stock reads what the row says, and gathers all that is wrong with it.
func (r csvRow) stock() (one StockRow, bad []error) {
	one = StockRow{Goods: r.named["goods"], Reason: r.named["reason"], row: r}
	if one.Goods == "" {
		bad = append(bad, r.wrong("goods: is required"))
	} else if !seckill.ValidSKU(one.Goods) {
		bad = append(bad, r.wrong("goods: must be 1 to %d letters, digits, '.', '_' or '-', and start with a letter or digit, not %s", seckill.MaxSKUBytes, short(one.Goods)))
	}
	number := func(column string) (n int64, given bool) {
		cell, given := r.named[column]
		if !given {
			return 0, false
		}
		n, wrong := value{kind: bare, text: cell}.whole(inDigits)
		if wrong == "" && n == 0 && column == "by" {
			wrong = "must not be 0"
		}
		if wrong != "" {
			bad = append(bad, r.wrong("%s: %s", column, wrong))
		}
		return n, true
	}
	to, sets := number("on_hand")
	by, changes := number("by")
	switch {
	case sets && changes:
		bad = append(bad, r.wrong("give on_hand or by, and not both"))
	case !sets && !changes:
		bad = append(bad, r.wrong("give on_hand or by; leave out the row of goods that stay as they are"))
	}
	if sets {
		one.To = &to
	}
	one.By = by
	if why := seckill.WrongText(one.Reason, 0, seckill.MaxReasonRunes); why != "" {
		bad = append(bad, r.wrong("reason: %s", why))
	}
	return one, bad
}
