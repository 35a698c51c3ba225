package testkit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// SaleValue is one value as somebody writes it into one field of a sale, and whether
// it is taken. The table of them is for every way in: files of each kind, the
// import, the calls that create and change, and the script.
type SaleValue struct {
	Field   string
	Written string // as it stands there, without quotes that the kind of file needs
	Taken   bool
	// Quoted is a number in quotes, Null is null; a table of cells has neither.
	// Absent leaves the field out.
	Quoted, Null, Absent bool
}

func (v SaleValue) String() string {
	switch {
	case v.Absent:
		return v.Field + " absent"
	case v.Null:
		return v.Field + " null"
	case v.Quoted:
		return v.Field + " quoted " + v.Written
	}
	return v.Field + " " + v.Written
}

// InCSV tells whether a table of cells can say it.
func (v SaleValue) InCSV() bool { return !v.Quoted && !v.Null }

var (
	saleFields = []string{"name", "starts_at", "ends_at", "hold_seconds"}
	itemFields = []string{"sku", "title", "image_url", "price", "list_price", "currency", "stock", "limit_per_buyer"}
	numbers    = []string{"price", "list_price", "stock", "limit_per_buyer", "hold_seconds"}
	written    = map[string]string{"name": "N", "starts_at": "2060-01-01T00:00:00Z", "ends_at": "2060-01-02T00:00:00Z", "hold_seconds": "600",
		"sku": "a-1", "title": "A", "image_url": "/a.png", "price": "100", "list_price": "300", "currency": "CNY", "stock": "5", "limit_per_buyer": "2"}
)

// SaleValues is the table.
func SaleValues() []SaleValue {
	var all []SaleValue
	refused := func(field string, values ...string) {
		for _, v := range values {
			all = append(all, SaleValue{Field: field, Written: v})
		}
	}
	taken := func(field string, values ...string) {
		for _, v := range values {
			all = append(all, SaleValue{Field: field, Written: v, Taken: true})
		}
	}
	for _, n := range numbers {
		refused(n, "128.50", "0.99", "1.0", "1.", ".5", "0100", "00", "0x64", "0b11", "0o17", "1e3", "1E3", "1.99E+04", "1_000", "1,000", "1 000",
			"+5", "-0", "-01", "--5", "-", "~", "two", "true", "５", "5元", "¥5", ".inf", ".nan", "1/2", "1:30", "99999999999999999999", "9223372036854775808", "-1")
		all = append(all, SaleValue{Field: n, Written: "5", Quoted: true})
		needed := n == "price" || n == "stock" // the contract's
		all = append(all, SaleValue{Field: n, Null: true}, SaleValue{Field: n, Absent: true, Taken: !needed})
		if n != "list_price" { // it has to be more than the price
			taken(n, "9")
		}
	}
	taken("price", "0")
	taken("list_price", "0", "101")
	refused("list_price", "99")
	taken("stock", "0")
	refused("limit_per_buyer", "0")
	refused("hold_seconds", "0")
	for _, t := range []string{"starts_at", "ends_at"} {
		refused(t, "2060-01-01 12:00:00", "2060-01-01T12:00:00", "2060-01-01", "2060-01-01 12:00:00Z", "2060-01-01T12:00Z", "2060-01-01T12:00:00,5Z", "2060-1-1T12:00:00Z",
			"2060-01-01T24:00:00Z", "2060-02-30T12:00:00Z", "2060-01-01T12:00:00+8:00", "2060-01-01T12:00:00+0800", "2060-01-01T12:00:00 CST", "2840140800", "tomorrow", "2060/01/01", "01.01.2060")
		all = append(all, SaleValue{Field: t, Null: true}, SaleValue{Field: t, Absent: true})
		taken(t, "2060-01-01T12:00:00.5Z", "2060-01-01T12:00:00+08:00")
	}
	for _, f := range []string{"name", "sku", "title", "currency"} {
		all = append(all, SaleValue{Field: f, Null: true}, SaleValue{Field: f, Absent: true})
	}
	all = append(all, SaleValue{Field: "image_url", Absent: true, Taken: true}, SaleValue{Field: "image_url", Null: true, Taken: true})
	taken("image_url", "")
	refused("currency", "RMB", "rmb", "cny", "XXQ", "XXX", "XAU", "¥", "CNYY")
	taken("currency", "JPY", "KWD", "EUR")
	for _, f := range []string{"name", "title"} {
		refused(f, "a\u202eb", "a\u2066b", "a\u0007b", "a\ufffdb", "\u200b")
		taken(f, "👩‍👧", "手机　2", "12\u00a0kg", "می\u200cخواهم", "2026", "yes", "1e3", "0x10")
	}
	return all
}

// valueOf is what stands in a field; false where it is left out.
func (v SaleValue) valueOf(field string) (string, bool) {
	if field != v.Field {
		return written[field], true
	}
	return v.Written, !v.Absent
}

// YAML is a file with the value.
func (v SaleValue) YAML() string {
	lines := func(indent string, fields []string) (file string) {
		for _, f := range fields {
			text, there := v.valueOf(f)
			switch {
			case !there:
				continue
			case f == v.Field && v.Null:
				text = "null"
			case f == v.Field && v.Quoted:
				text = `"` + text + `"`
			}
			file += indent + f + ": " + text + "\n"
		}
		return file
	}
	return "sales:\n  - key: k\n" + lines("    ", saleFields) + "    items:\n      - images: []\n" + lines("        ", itemFields)
}

// CSV is a file with the value.
func (v SaleValue) CSV() string {
	header, row := "sale_key", "k"
	for _, f := range slices.Concat(saleFields, itemFields) {
		column := f
		if f == "name" {
			column = "sale_name"
		}
		text, _ := v.valueOf(f)
		header += "," + column
		row += `,"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	return header + "\n" + row + "\n"
}

// Sale is the sale with the value, as a call takes it.
func (v SaleValue) Sale() string {
	object := func(fields []string) string {
		var parts []string
		for _, f := range fields {
			text, there := v.valueOf(f)
			switch {
			case !there:
				continue
			case f == v.Field && v.Null:
				text = "null"
			case f == v.Field && v.Quoted, !slices.Contains(numbers, f), !json.Valid([]byte(text)):
				quoted, _ := json.Marshal(text)
				text = string(quoted)
			}
			parts = append(parts, fmt.Sprintf("%q: %s", f, text))
		}
		return strings.Join(parts, ", ")
	}
	return "{" + object(saleFields) + `, "items": [{` + object(itemFields) + "}]}"
}

// JSON is a file with the value.
func (v SaleValue) JSON() string {
	return `{"sales": [{"key": "k", ` + strings.TrimPrefix(v.Sale(), "{") + "]}"
}
