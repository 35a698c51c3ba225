package salefile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seckill-go/seckill/internal/suggest"
	"github.com/seckill-go/seckill/seckill"
)

var (
	callFields = []string{"key", "name", "starts_at", "ends_at", "hold_seconds", "entry", "entries_until", "items"}
	fileFields = append(slices.Clone(callFields), "starts_in", "lasts")
	itemFields = []string{"sku", "title", "image_url", "images", "price", "list_price", "currency", "stock", "limit_per_buyer", "goods_id"}
)

const inDigits = "plain digits such as 100"

// fault is what is wrong with one field of a sale, such as items[3].price.
type fault struct {
	field  string
	reason string
	named  bool // the reason names the field itself
}

// draft makes a sale of a value and gathers all that is wrong with it.
type draft struct {
	sale   Sale
	faults []fault
}

// draftOf reads a sale as an operator writes it, with the fields that may be there.
func draftOf(v value, known []string, now time.Time) draft {
	var d draft
	if v.kind != object {
		d.wrong("", "must be a sale with its fields, not %s", v.called())
		return d
	}
	sale := part{&d, v, ""}
	sale.fieldsAre(known)
	inFile := slices.Contains(known, "starts_in")
	if inFile {
		d.sale.Key = sale.needed("key", "is required; it makes loading the same file twice change nothing")
	} else {
		d.sale.Key = sale.text("key")
	}
	if d.sale.Rehearsal() {
		d.wrong("key", "must not begin with %q, which marks rehearsals", seckill.RehearsalKeyPrefix)
	}
	d.sale.Name = sale.needed("name", "is required")
	d.times(sale)
	d.sale.Hold = holdOf(sale.whole("hold_seconds", inDigits, int64(seckill.DefaultHold/time.Second), ""))
	d.entry(sale)
	for i, v := range sale.list("items", "is required") {
		d.sale.Items = append(d.sale.Items, d.item(v, i))
	}
	d.check(now)
	return d
}

func (d *draft) times(sale part) {
	_, in := sale.get("starts_in")
	_, lasts := sale.get("lasts")
	if !in && !lasts {
		d.sale.StartsAt, d.sale.EndsAt = sale.moment("starts_at"), sale.moment("ends_at")
		return
	}
	_, at := sale.get("starts_at")
	_, until := sale.get("ends_at")
	startsIn := sale.span("starts_in", false)
	d.sale.StartsIn, d.sale.Lasts = &startsIn, sale.span("lasts", true)
	switch {
	case at || until:
		d.wrong("starts_in", "starts_in and lasts stand instead of starts_at and ends_at, not beside them")
	case startsIn < 0:
		d.wrong("starts_in", "must be 0s or more")
	case d.sale.Lasts <= 0:
		d.wrong("lasts", "must be more than 0s")
	}
}

func (d *draft) entry(sale part) {
	entry, known := seckill.ParseEntry(sale.text("entry"))
	if v, ok := sale.get("entry"); ok && v.kind == quoted && v.text == "" {
		known = false
	}
	if !known {
		sale.wrong("entry", "must be one of %s%s", strings.Join(seckill.Entries, ", "), suggest.DidYouMean(string(entry), seckill.Entries))
		return
	}
	d.sale.Entry = entry
	if v, ok := sale.get("entries_until"); ok && v.kind != null {
		d.sale.EntriesUntil = sale.moment("entries_until")
	}
}

func (d *draft) item(v value, i int) seckill.Item {
	at := fmt.Sprintf("items[%d]", i)
	if v.kind != object {
		d.wrong(at, "must be an item with its fields, not %s", v.called())
		return seckill.Item{}
	}
	item := part{d, v, at + "."}
	item.fieldsAre(itemFields)
	currency := item.needed("currency", "is required: an ISO 4217 code such as CNY")
	inMinorUnits := "it " + seckill.InMinorUnits(currency)
	it := seckill.Item{SKU: item.needed("sku", "is required"), Title: item.needed("title", "is required"), ImageURL: item.text("image_url"),
		Price:         item.whole("price", inMinorUnits, 0, "is required; a free item says price: 0"),
		ListPrice:     item.whole("list_price", inMinorUnits, 0, ""),
		Currency:      currency,
		Total:         item.whole("stock", inDigits, 0, "is required"),
		LimitPerBuyer: item.whole("limit_per_buyer", inDigits, seckill.DefaultItemLimit, ""),
		GoodsID:       item.text("goods_id")}
	for _, image := range item.list("images", "") {
		if image.kind != bare && image.kind != quoted {
			item.wrong("images", "must be a list of texts, not of %s", image.called())
			break
		}
		it.Images = append(it.Images, image.text)
	}
	return it
}

// check adds what the domain says of the values, where they could be read.
func (d *draft) check(now time.Time) {
	sale := d.sale.At(now)
	var invalid *seckill.Error
	if !errors.As(sale.Validate(), &invalid) {
		return
	}
	for _, f := range invalid.Fields {
		if !slices.ContainsFunc(d.faults, func(known fault) bool { return known.covers(f.Field) }) {
			d.faults = append(d.faults, fault{field: f.Field, reason: f.Reason})
		}
	}
}

// covers tells whether what would be said of a field follows from the fault.
func (f fault) covers(field string) bool {
	relative := f.field == "starts_in" || f.field == "lasts"
	return f.field == field || f.field == itemOf(field) || relative && (field == "starts_at" || field == "ends_at")
}

func (d *draft) wrong(field, format string, args ...any) {
	d.faults = append(d.faults, fault{field: field, reason: fmt.Sprintf(format, args...)})
}

// holdOf keeps a hold that is out of bounds out of bounds, for Validate to say.
func holdOf(seconds int64) time.Duration {
	if seconds < 0 || seconds > int64(seckill.MaxHold/time.Second) {
		return -1
	}
	return time.Duration(seconds) * time.Second
}

// part is a sale or an item whose fields are read.
type part struct {
	*draft
	value
	path string // before the names of its fields
}

func (p part) fieldsAre(known []string) {
	for _, f := range p.fields {
		if !slices.Contains(known, f.name) {
			p.faults = append(p.faults, fault{p.path + f.name, short(f.name) + " is not a field" + suggest.DidYouMean(f.name, known), true})
		}
	}
}

func (p part) wrong(name, format string, args ...any) { p.draft.wrong(p.path+name, format, args...) }

// needed reads a text that has to be there.
func (p part) needed(name, missing string) string {
	if v, ok := p.get(name); !ok || (v.kind == bare || v.kind == quoted) && v.text == "" {
		p.wrong(name, "%s", missing)
	} else if v.kind == null && v.text == "" {
		p.wrong(name, "is empty; a text that begins with # needs quotes")
	} else if v.kind == null {
		p.wrong(name, "must not be null")
	}
	return p.text(name)
}

// text reads a text. Null stands for none, as where the field is left out.
func (p part) text(name string) string {
	v, ok := p.get(name)
	switch {
	case !ok, v.kind == null:
		return ""
	case v.kind != bare && v.kind != quoted:
		p.wrong(name, "must be a text, not %s", v.called())
	}
	return v.text
}

// whole reads a number, which has to be there if there is a word for its absence.
func (p part) whole(name, hint string, absent int64, missing string) int64 {
	v, ok := p.get(name)
	if !ok {
		if missing != "" {
			p.wrong(name, "%s", missing)
		}
		return absent
	}
	n, wrong := v.whole(hint)
	if wrong != "" {
		p.wrong(name, "%s", wrong)
		return absent
	}
	return n
}

func (p part) moment(name string) time.Time {
	v, ok := p.get(name)
	if !ok {
		p.wrong(name, "is required: %s", aTime)
		return time.Time{}
	}
	t, wrong := v.moment()
	if wrong != "" {
		p.wrong(name, "%s", wrong)
	}
	return t
}

func (p part) span(name string, needed bool) time.Duration {
	v, ok := p.get(name)
	if !ok {
		if needed {
			p.wrong(name, "is required beside starts_in")
		}
		return 0
	}
	d, wrong := v.span()
	if wrong != "" {
		p.wrong(name, "%s", wrong)
	}
	return d
}

func (p part) list(name, missing string) []value {
	v, ok := p.get(name)
	switch {
	case !ok && missing != "":
		p.wrong(name, "%s", missing)
	case ok && v.kind != list && (v.kind != null || missing != ""):
		p.wrong(name, "must be a list, not %s", v.called())
	}
	return v.list
}
