package seckill

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Sale is an event at which scarce items are sold. Once it has left draft only
// its state and its items' totals change, so a process may keep the rest.
type Sale struct {
	ID ID `json:"id"`
	// Key is the operator's own name for the sale, unique when set; creating a
	// sale with a key that exists changes nothing.
	Key      string    `json:"key,omitempty"`
	Name     string    `json:"name"`
	State    SaleState `json:"state"`
	StartsAt time.Time `json:"starts_at"`
	EndsAt   time.Time `json:"ends_at"`
	// StartsIn is how long after its creation the sale starts, where a person wrote
	// it so; nil where they wrote a time. StartsAt has what came of it.
	StartsIn *time.Duration `json:"-"`
	// Hold is how long an admitted buyer has to pay. Whole milliseconds.
	Hold time.Duration `json:"-"`
	// Entry is how buyers get in. Of a draw, entries are taken until EntriesUntil; zero is
	// the start of the sale.
	Entry        Entry     `json:"entry,omitempty"`
	EntriesUntil time.Time `json:"entries_until,omitzero"`
	Items        []Item    `json:"items"`
	// Revision grows by one with every change in SQL; Redis refuses a state or a
	// total of an older revision than it has.
	Revision int64 `json:"revision"`
	// Epoch grows by one each time that the sale is loaded into Redis.
	Epoch int64 `json:"-"`
	// CreatedAt is when the sale was written first.
	CreatedAt time.Time `json:"created_at"`
}

// Entry is how buyers get into a sale.
type Entry string

const (
	EntryOpen  Entry = ""      // whoever comes first
	EntryQueue Entry = "queue" // one after the other, those who came before the start in a shuffled order
	EntryDraw  Entry = "draw"  // whoever is drawn of those who entered
)

// Entries lists every entry by the name that people write.
var Entries = []string{EntryOpen.String(), EntryQueue.String(), EntryDraw.String()}

// String is the name that people read and write.
func (e Entry) String() string {
	if e == EntryOpen {
		return "open"
	}
	return string(e)
}

// ParseEntry reads a name; none is "open".
func ParseEntry(name string) (Entry, bool) {
	if name == "" || name == EntryOpen.String() {
		return EntryOpen, true
	}
	return Entry(name), slices.Contains(Entries, name)
}

// EntriesEnd is when the last entry of a draw is taken.
func (s *Sale) EntriesEnd() time.Time {
	if s.EntriesUntil.IsZero() {
		return s.StartsAt
	}
	return s.EntriesUntil
}

// Item is one product of a sale.
type Item struct {
	SKU      string `json:"sku"`
	Title    string `json:"title"`
	ImageURL string `json:"image_url,omitempty"`
	// Images are more pictures, for a gallery.
	Images []string `json:"images,omitempty"`
	Price  int64    `json:"price"` // minor units
	// ListPrice is what the item costs elsewhere or on other days, which a page
	// shows beside the price; 0 shows none. Nothing is charged by it.
	ListPrice int64  `json:"list_price,omitempty"`
	Currency  string `json:"currency"`
	// Total is how many units are for sale in all; `stock` to an operator.
	Total int64 `json:"stock"`
	// LimitPerBuyer is how many units one buyer may hold or have bought.
	LimitPerBuyer int64 `json:"limit_per_buyer"`
	// GoodsID names goods of the shop's stock, from which the units are taken when the
	// sale is loaded, and to which those that are not sold go back; empty: the units are
	// the sale's alone.
	GoodsID string `json:"goods_id,omitempty"`
}

// Item finds an item by its SKU.
func (s *Sale) Item(sku string) (Item, bool) {
	for _, it := range s.Items {
		if it.SKU == sku {
			return it, true
		}
	}
	return Item{}, false
}

// Validate checks everything that a person can write into a sale, and names
// every field that is wrong.
func (s *Sale) Validate() error {
	var bad []FieldError
	wrong := func(field, format string, args ...any) {
		bad = append(bad, FieldError{Field: field, Reason: fmt.Sprintf(format, args...)})
	}
	if s.Key != "" && ValidateKey(s.Key) != nil {
		wrong("key", "must be 1 to %d visible ASCII characters", MaxKeyBytes)
	}
	if why := WrongText(s.Name, 1, MaxNameRunes); why != "" {
		wrong("name", "%s", why)
	}
	switch {
	case s.StartsAt.IsZero():
		wrong("starts_at", "is required")
	case s.EndsAt.IsZero():
		wrong("ends_at", "is required")
	case !s.EndsAt.After(s.StartsAt):
		wrong("ends_at", "must be after starts_at")
	case s.EndsAt.Sub(s.StartsAt) > MaxSaleDuration:
		wrong("ends_at", "must be at most %d days after starts_at", MaxSaleDuration/(24*time.Hour))
	}
	if !validYear(s.StartsAt) || !validYear(s.EndsAt) {
		wrong("starts_at", "must lie between the years 2024 and 2090")
	}
	switch {
	case !slices.Contains(Entries, s.Entry.String()):
		wrong("entry", "must be one of %s", strings.Join(Entries, ", "))
	case s.Entry != EntryDraw && !s.EntriesUntil.IsZero():
		wrong("entries_until", "is for a draw alone (entry: draw)")
	case !s.EntriesUntil.IsZero() && !s.EntriesUntil.Before(s.EndsAt):
		wrong("entries_until", "must be before ends_at, which is %s", s.EndsAt.UTC().Format(time.RFC3339))
	}
	if s.Hold < MinHold || s.Hold > MaxHold || s.Hold%time.Second != 0 {
		wrong("hold_seconds", "must be %d to %d", MinHold/time.Second, MaxHold/time.Second)
	}
	if n := len(s.Items); n < 1 || n > MaxItemsPerSale {
		wrong("items", "must be 1 to %d items, not %d", MaxItemsPerSale, n)
	} else {
		s.validateItems(wrong)
	}
	if len(bad) > 0 {
		return invalid(bad)
	}
	return nil
}

func (s *Sale) validateItems(wrong func(field, format string, args ...any)) {
	seen := make(map[string]bool, len(s.Items))
	for i, it := range s.Items {
		at := func(field string) string { return fmt.Sprintf("items[%d].%s", i, field) }
		if !ValidSKU(it.SKU) {
			wrong(at("sku"), "must be 1 to %d letters, digits, '.', '_' or '-', and start with a letter or digit, not %.70q", MaxSKUBytes, it.SKU)
		} else if seen[it.SKU] {
			wrong(at("sku"), "%q is there twice", it.SKU)
		}
		seen[it.SKU] = true
		if why := WrongText(it.Title, 1, MaxTitleRunes); why != "" {
			wrong(at("title"), "%s", why)
		}
		if it.ImageURL != "" && !validImageURL(it.ImageURL) {
			wrong(at("image_url"), "must be an https or http address, or a path that starts with '/', of at most %d bytes", MaxURLBytes)
		}
		if len(it.Images) > MaxImages {
			wrong(at("images"), "must be at most %d", MaxImages)
		}
		for j, image := range it.Images {
			if !validImageURL(image) {
				wrong(fmt.Sprintf("items[%d].images[%d]", i, j), "must be an https or http address, or a path that starts with '/', of at most %d bytes", MaxURLBytes)
			}
		}
		if it.Price < 0 || it.Price > MaxPrice {
			wrong(at("price"), "must be 0 to %d, %s", int64(MaxPrice), InMinorUnits(it.Currency))
		} else if it.ListPrice != 0 && (it.ListPrice <= it.Price || it.ListPrice > MaxPrice) {
			wrong(at("list_price"), "must be more than the price and at most %d minor units, or 0 for none", int64(MaxPrice))
		}
		if why := wrongCurrency(it.Currency); why != "" {
			wrong(at("currency"), "%s", why)
		} else if first := s.Items[0].Currency; it.Currency != first && wrongCurrency(first) == "" {
			wrong(at("currency"), "must be the same for all items of a sale")
		}
		if it.Total < 0 || it.Total > MaxStock {
			wrong(at("stock"), "must be 0 to %d units", MaxStock)
		}
		if it.GoodsID != "" && !ValidSKU(it.GoodsID) {
			wrong(at("goods_id"), "must be 1 to %d letters, digits, '.', '_' or '-', and start with a letter or digit, not %.70q", MaxSKUBytes, it.GoodsID)
		}
		if it.LimitPerBuyer < 1 || it.LimitPerBuyer > MaxUnitsPerLine {
			wrong(at("limit_per_buyer"), "must be 1 to %d units", MaxUnitsPerLine)
		}
	}
}

// Phase is what a buyer sees of a sale; it is derived, never stored.
type Phase string

const (
	PhaseUpcoming Phase = "upcoming"
	PhaseLive     Phase = "live"
	PhaseSoldOut  Phase = "sold_out"
	PhasePaused   Phase = "paused"
	PhaseEnded    Phase = "ended"
)

// Phases lists every phase.
var Phases = []Phase{PhaseUpcoming, PhaseLive, PhaseSoldOut, PhasePaused, PhaseEnded}

// PhaseAt derives the phase at a time; available is the sum over all items.
func (s *Sale) PhaseAt(now time.Time, available int64) Phase {
	switch {
	case s.State == SaleClosed, !now.Before(s.EndsAt):
		return PhaseEnded
	case s.State == SalePaused, s.State == SaleRecovering:
		return PhasePaused
	case now.Before(s.StartsAt), s.State == SaleDraft:
		return PhaseUpcoming
	case available <= 0:
		return PhaseSoldOut
	default:
		return PhaseLive
	}
}

// ItemCounters are the counters of one item. Redis knows Available and
// InFlight, SQL knows the others.
type ItemCounters struct {
	SKU       string `json:"sku"`
	Total     int64  `json:"total"`
	Available int64  `json:"available"`
	// InFlight units are admitted by Redis and not in SQL yet.
	InFlight int64 `json:"in_flight"`
	Reserved int64 `json:"reserved"`
	Sold     int64 `json:"sold"`
	// Releasing units are given back in SQL and not in Redis yet.
	Releasing int64 `json:"releasing"`
}

// Drift is how far the item is from being conserved: positive when units are
// missing, negative when there are too many.
func (c ItemCounters) Drift() int64 {
	return c.Total - c.Available - c.InFlight - c.Reserved - c.Sold - c.Releasing
}

// ValidSKU tells whether s can name an item.
func ValidSKU(s string) bool {
	if len(s) == 0 || len(s) > MaxSKUBytes {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case i > 0 && (c == '.' || c == '_' || c == '-'):
		default:
			return false
		}
	}
	return true
}

// ValidateBuyer checks a buyer id as a token's subject carries it.
func ValidateBuyer(id string) error {
	if !validText(id, 1, MaxBuyerRunes) {
		return Invalid("sub", "a buyer id must be 1 to %d printable characters", MaxBuyerRunes)
	}
	return nil
}

// ValidateKey checks an idempotency key: visible ASCII characters.
func ValidateKey(key string) error {
	if len(key) == 0 || len(key) > MaxKeyBytes || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return Invalid("Idempotency-Key", "must be 1 to %d visible ASCII characters", MaxKeyBytes)
	}
	return nil
}

func validText(s string, least, most int) bool {
	if !utf8.ValidString(s) || len(s) > 4*most || strings.TrimSpace(s) != s {
		return false
	}
	n := utf8.RuneCountInString(s)
	return n >= least && n <= most && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// validImageURL keeps out every address that a page must not load, such as
// javascript: and protocol-relative ones.
func validImageURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || len(s) > MaxURLBytes || strings.ContainsAny(s, "\\\"<> \t\r\n") {
		return false
	}
	if u.Scheme == "" {
		return strings.HasPrefix(s, "/") && u.Host == ""
	}
	return (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

func validYear(t time.Time) bool { return t.IsZero() || t.Year() >= 2024 && t.Year() <= 2090 }
