package salefile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// csvColumns are the columns of a CSV file, in any order. One row is one item;
// rows with the same sale_key are one sale and must say the same of it. Several
// images have spaces between.
var csvColumns = []string{"sale_key", "sale_name", "starts_at", "ends_at", "hold_seconds",
	"sku", "title", "image_url", "images", "price", "list_price", "currency", "stock", "limit_per_buyer"}

// csvOptional may be left out.
var csvOptional = []string{"hold_seconds", "image_url", "images", "list_price", "limit_per_buyer"}

func readCSV(data []byte) ([]Sale, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff")))) // spreadsheets write a mark first
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty")
	}
	if err != nil {
		return nil, &RowError{"row 1", err.Error()}
	}
	columns, err := columnsOf(header)
	if err != nil {
		return nil, &RowError{"row 1", err.Error()}
	}
	var sales []Sale
	index := make(map[string]int)
	var bad []error
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return sales, errors.Join(bad...)
		}
		if err != nil {
			return nil, err // the library's error names the line
		}
		line, _ := r.FieldPos(0)
		where := fmt.Sprintf("row %d", line)
		row := csvRow{columns, record}
		sale, item, err := row.parse()
		if err != nil {
			bad = append(bad, &RowError{where, err.Error()})
			continue
		}
		i, known := index[sale.Key]
		if !known {
			i = len(sales)
			index[sale.Key] = i
			sales = append(sales, Sale{Sale: sale, where: where})
		} else if !sameSale(sales[i].Sale, sale) {
			bad = append(bad, &RowError{where, fmt.Sprintf("says something else of sale %q than %s does", sale.Key, sales[i].where)})
		}
		sales[i].Items = append(sales[i].Items, item)
		sales[i].itemWhere = append(sales[i].itemWhere, where)
	}
}

func columnsOf(header []string) (map[string]int, error) {
	columns := make(map[string]int)
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(csvColumns, name) {
			return nil, fmt.Errorf("unknown column %q; known are %s", name, strings.Join(csvColumns, ", "))
		}
		if _, twice := columns[name]; twice {
			return nil, fmt.Errorf("column %q is there twice", name)
		}
		columns[name] = i
	}
	for _, name := range csvColumns {
		if _, ok := columns[name]; !ok && !slices.Contains(csvOptional, name) {
			return nil, fmt.Errorf("column %q is missing", name)
		}
	}
	return columns, nil
}

func sameSale(a, b seckill.Sale) bool {
	return a.Name == b.Name && a.StartsAt.Equal(b.StartsAt) && a.EndsAt.Equal(b.EndsAt) && a.Hold == b.Hold
}

type csvRow struct {
	columns map[string]int
	record  []string
}

func (r csvRow) text(column string) string {
	i, ok := r.columns[column]
	if !ok {
		return ""
	}
	return strings.TrimSpace(r.record[i])
}

func (r csvRow) parse() (seckill.Sale, seckill.Item, error) {
	var errs []error
	number := func(column string, absent int64) int64 {
		s := r.text(column)
		if s == "" && slices.Contains(csvOptional, column) {
			return absent
		}
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %q is not a whole number", column, s))
		}
		return n
	}
	moment := func(column string) time.Time {
		s := r.text(column)
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %q is not a time such as 2026-11-11T12:00:00Z", column, s))
		}
		return t.UTC()
	}
	sale := seckill.Sale{Key: r.text("sale_key"), Name: r.text("sale_name"),
		StartsAt: moment("starts_at"), EndsAt: moment("ends_at"), Hold: holdOf(number("hold_seconds", 0))}
	item := seckill.Item{SKU: r.text("sku"), Title: r.text("title"), ImageURL: r.text("image_url"),
		Images: strings.Fields(r.text("images")), Price: number("price", 0), ListPrice: number("list_price", 0), Currency: r.text("currency"), Total: number("stock", 0),
		LimitPerBuyer: number("limit_per_buyer", seckill.DefaultItemLimit)}
	var reasons []string
	for _, err := range errs {
		reasons = append(reasons, err.Error())
	}
	if len(reasons) > 0 {
		return sale, item, errors.New(strings.Join(reasons, "; "))
	}
	return sale, item, nil
}
