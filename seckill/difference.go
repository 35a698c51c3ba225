package seckill

import (
	"strconv"
	"strings"
	"time"
)

// Difference is one thing that two versions of a sale say otherwise. A sale or item
// that has none of it has an empty text.
type Difference struct {
	Field string `json:"field"`         // as the API names it; "items" where an item is in one of them alone, or their order differs
	SKU   string `json:"sku,omitempty"` // of the item that it is about
	Here  string `json:"here"`
	There string `json:"there"`
}

// In says the difference in words, with a name for where the other version stands.
func (d Difference) In(there string) string {
	what := d.Field
	if d.SKU != "" {
		what += " of " + d.SKU
	}
	return what + ": " + orNone(d.Here) + " here, " + orNone(d.There) + " in " + there
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// DifferencesIn says all differences in one line. It is for two versions that are known
// to differ: where nothing differs that is left to see, the stock was changed since.
func DifferencesIn(there string, all []Difference) string {
	const most = 10 // as many as a person reads
	if len(all) == 0 {
		return "its stock was changed since it was written"
	}
	var said []string
	for _, d := range all[:min(len(all), most)] {
		said = append(said, d.In(there))
	}
	if more := len(all) - most; more > 0 {
		said = append(said, "and "+strconv.Itoa(more)+" more")
	}
	return strings.Join(said, "; ")
}

// Differences tells what another version of a sale says otherwise, of all that a
// person writes.
func (s *Sale) Differences(other *Sale) []Difference {
	var all []Difference
	differ := func(field, sku, here, there string) {
		if here != there {
			all = append(all, Difference{Field: field, SKU: sku, Here: here, There: there})
		}
	}
	differ("name", "", s.Name, other.Name)
	if other.StartsIn != nil { // its times count from when the first of its key was created
		if s.StartsIn != nil {
			differ("starts_in", "", s.StartsIn.String(), other.StartsIn.String())
		}
		differ("lasts", "", s.EndsAt.Sub(s.StartsAt).String(), other.EndsAt.Sub(other.StartsAt).String())
	} else {
		differ("starts_at", "", moment(s.StartsAt), moment(other.StartsAt))
		differ("ends_at", "", moment(s.EndsAt), moment(other.EndsAt))
	}
	differ("entry", "", s.Entry.String(), other.Entry.String())
	if s.Entry == EntryDraw && other.Entry == EntryDraw {
		differ("entries_until", "", moment(s.EntriesEnd()), moment(other.EntriesEnd()))
	}
	differ("hold_seconds", "", seconds(s.Hold), seconds(other.Hold))
	for _, here := range s.Items {
		there, ok := other.Item(here.SKU)
		if !ok {
			differ("items", "", here.SKU, "")
			continue
		}
		for _, field := range itemFields {
			differ(field.name, here.SKU, field.text(here), field.text(there))
		}
	}
	for _, there := range other.Items {
		if _, ok := s.Item(there.SKU); !ok {
			differ("items", "", "", there.SKU)
		}
	}
	if len(all) == 0 {
		differ("items", "", skus(s.Items), skus(other.Items))
	}
	return all
}

var itemFields = []struct {
	name string
	text func(Item) string
}{
	{"title", func(i Item) string { return i.Title }},
	{"image_url", func(i Item) string { return i.ImageURL }},
	{"images", func(i Item) string { return strings.Join(i.Images, " ") }},
	{"price", func(i Item) string { return strconv.FormatInt(i.Price, 10) }},
	{"list_price", func(i Item) string { return strconv.FormatInt(i.ListPrice, 10) }},
	{"currency", func(i Item) string { return i.Currency }},
	{"stock", func(i Item) string { return strconv.FormatInt(i.Total, 10) }},
	{"limit_per_buyer", func(i Item) string { return strconv.FormatInt(i.LimitPerBuyer, 10) }},
	{"goods_id", func(i Item) string { return i.GoodsID }},
}

func moment(t time.Time) string { return t.UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano) }

func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }

func skus(items []Item) string {
	list := make([]string, len(items))
	for i, it := range items {
		list[i] = it.SKU
	}
	return strings.Join(list, ", ")
}
