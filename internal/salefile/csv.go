package salefile

import "strings"

// saleColumns are those of sales; either pair of times may be left out. One row is one
// item; rows with the same sale_key are one sale and must say the same of it. Several
// images have spaces between.
var saleColumns = columns{
	known: []string{"sale_key", "sale_name", "starts_at", "ends_at", "starts_in", "lasts", "hold_seconds", "entry", "entries_until",
		"sku", "title", "image_url", "images", "price", "list_price", "currency", "stock", "limit_per_buyer", "goods_id"},
	optional: []string{"starts_at", "ends_at", "starts_in", "lasts", "hold_seconds", "entry", "entries_until", "image_url", "images", "list_price", "limit_per_buyer", "goods_id"},
}

// csvSale are the columns that tell of the sale, with the names of their fields.
var csvSale = map[string]string{"sale_key": "key", "sale_name": "name", "starts_at": "starts_at", "ends_at": "ends_at",
	"starts_in": "starts_in", "lasts": "lasts", "hold_seconds": "hold_seconds", "entry": "entry", "entries_until": "entries_until"}

func readCSV(data []byte) (value, error) {
	named, rows, err := saleColumns.read(data)
	if err != nil || named == nil {
		return value{}, err
	}
	sales := value{kind: list}
	index := make(map[string]int) // of a sale in the list, by its key
	first := make(map[int]csvRow) // of a sale
	var bad []error
	for _, row := range rows {
		if err := row.putOfSale(named); err != nil {
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

func (r *csvRow) putOfSale(columns []string) error {
	if err := r.put(columns); err != nil {
		return err
	}
	if r.named["sale_key"] == "" {
		return r.wrong("sale_key: is required; every row says which sale it is of, also where cells were merged")
	}
	return nil
}

// sameSale complains of a row that says otherwise of its sale than an earlier one.
func (r csvRow) sameSale(first csvRow) error {
	for _, column := range saleColumns.known {
		if _, ofSale := csvSale[column]; ofSale && r.named[column] != first.named[column] {
			return r.wrong("says something else of sale %s than %s does: %s is %s, not %s",
				short(r.named["sale_key"]), first.where(), column, short(r.named[column]), short(first.named[column]))
		}
	}
	return nil
}

// sale is the row's sale, with no items yet in its first field.
func (r csvRow) sale() value {
	v := value{kind: object, line: r.line, fields: []field{{name: "items", value: value{kind: list}}}}
	for _, column := range saleColumns.known {
		if name, ofSale := csvSale[column]; ofSale && r.named[column] != "" {
			v.fields = append(v.fields, field{name, value{kind: bare, text: r.named[column]}, r.line})
		}
	}
	return v
}

func (r csvRow) item() value {
	v := value{kind: object, line: r.line}
	for _, column := range saleColumns.known {
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
