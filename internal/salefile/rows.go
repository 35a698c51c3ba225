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

// rows tells where a sale, its items and their fields stand in their file.
type rows struct {
	sale value
	unit string // "line" or "row"
}

// csvNames are what a table calls fields of a sale otherwise.
var csvNames = map[string]string{"key": "sale_key", "name": "sale_name"}

// complaint puts a fault where its field is written, or else its item or sale, under
// the name that the field has there.
func (r rows) complaint(f fault) *RowError {
	of, name, item := r.sale, f.field, ""
	if path := itemOf(f.field); path != "" {
		var i int
		items, _ := r.sale.get("items")
		if _, err := fmt.Sscanf(path, "items[%d]", &i); err == nil && i < len(items.list) {
			of, name = items.list[i], strings.TrimPrefix(strings.TrimPrefix(f.field, path), ".")
			item = fmt.Sprintf(", item %d", i+1)
		}
	}
	line := of.line
	for _, written := range of.fields {
		if plain, _, _ := strings.Cut(name, "["); written.name == plain {
			line = written.line
		}
	}
	where := fmt.Sprintf("%s %d", r.unit, line)
	if r.unit == "row" {
		if other, ok := csvNames[name]; ok && item == "" {
			name = other
		}
	} else {
		where += item // many items may stand in one line
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
