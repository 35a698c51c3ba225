package salefile

import (
	"fmt"
	"strings"
)

// RowError says what is wrong with one row of a file.
type RowError struct {
	Where  string // "line 12, item 3" of YAML and JSON, "row 12" of CSV
	Reason string
}

func (e *RowError) Error() string { return e.Where + ": " + e.Reason }

// rows tells where a sale and its items stand in their file.
type rows struct {
	sale  string
	items []string
	names map[string]string // what the file calls fields otherwise
}

func rowsOf(v value, unit string) rows {
	r := rows{sale: fmt.Sprintf("%s %d", unit, v.line)}
	if unit == "row" {
		r.names = map[string]string{"key": "sale_key", "name": "sale_name"}
	}
	items, _ := v.get("items")
	for i, item := range items.list {
		where := fmt.Sprintf("%s %d", unit, item.line)
		if unit != "row" { // many items may stand in one line
			where += fmt.Sprintf(", item %d", i+1)
		}
		r.items = append(r.items, where)
	}
	return r
}

// complaint puts a fault at its row, and a field such as items[3].price under the
// name that it has there.
func (r rows) complaint(f fault) *RowError {
	where, name := r.sale, f.field
	if other, ok := r.names[name]; ok {
		name = other
	}
	if item := itemOf(f.field); item != "" {
		var i int
		if _, err := fmt.Sscanf(item, "items[%d]", &i); err == nil && i < len(r.items) {
			where, name = r.items[i], strings.TrimPrefix(strings.TrimPrefix(f.field, item), ".")
		}
	}
	if f.named || name == "" {
		return &RowError{where, f.reason}
	}
	return &RowError{where, name + ": " + f.reason}
}

// itemOf is items[3] of items[3].price, and nothing of a field of the sale.
func itemOf(field string) string {
	end := strings.IndexByte(field, ']')
	if !strings.HasPrefix(field, "items[") || end < 0 {
		return ""
	}
	return field[:end+1]
}
