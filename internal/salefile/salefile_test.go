package salefile

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const goodYAML = `sales:
  - key: double-eleven
    name: Double Eleven
    starts_at: 2026-11-11T12:00:00Z
    ends_at: 2026-11-11T13:00:00Z
    hold_seconds: 600
    items:
      - {sku: phone-1, title: Phone, price: 19900, currency: CNY, stock: 100, limit_per_buyer: 2}
      - {sku: case-1, title: Case, price: 990, currency: CNY, stock: 5, images: [/a.png, /b.png], list_price: 1290}
  - key: relative
    name: Relative
    starts_in: 15s
    lasts: 1h
    items:
      - {sku: phone-1, title: Phone, price: 19900, currency: CNY, stock: 100}
`

const goodCSV = "\ufeffsale_key,sale_name,starts_at,ends_at,sku,title,price,currency,stock\n" +
	"d11,Double Eleven,2026-11-11T12:00:00Z,2026-11-11T13:00:00Z,phone-1,\"Phone, red\",19900,CNY,100\n" +
	"d11,Double Eleven,2026-11-11T12:00:00Z,2026-11-11T13:00:00Z,case-1,Case,990,CNY,5\n" +
	"d12,Second,2026-12-12T12:00:00Z,2026-12-12T13:00:00Z,case-1,Case,990,CNY,5\n"

func TestReadsYAML(t *testing.T) {
	sales, err := Read("x.yaml", strings.NewReader(goodYAML))
	require.NoError(t, err)
	require.Len(t, sales, 2)
	require.Equal(t, 10*time.Minute, sales[0].Hold)
	require.EqualValues(t, 2, sales[0].Items[0].LimitPerBuyer)
	require.EqualValues(t, 1, sales[0].Items[1].LimitPerBuyer, "the default")
	require.Equal(t, []string{"/a.png", "/b.png"}, sales[0].Items[1].Images)
	require.EqualValues(t, 1290, sales[0].Items[1].ListPrice)
	require.True(t, sales[1].Relative())
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	require.Equal(t, now.Add(15*time.Second), sales[1].At(now).StartsAt)
	require.Equal(t, now.Add(15*time.Second+time.Hour), sales[1].At(now).EndsAt)
}

func TestReadsCSV(t *testing.T) {
	sales, err := Read("x.csv", strings.NewReader(goodCSV))
	require.NoError(t, err)
	require.Len(t, sales, 2)
	require.Len(t, sales[0].Items, 2)
	require.Equal(t, "Phone, red", sales[0].Items[0].Title)
	require.Equal(t, 15*time.Minute, sales[0].Hold, "the default")
}

func TestCSVHasPicturesAndListPrices(t *testing.T) {
	sales, err := Read("x.csv", strings.NewReader("sale_key,sale_name,starts_at,ends_at,sku,title,images,price,list_price,currency,stock\n"+
		"d11,Double Eleven,2026-11-11T12:00:00Z,2026-11-11T13:00:00Z,phone-1,Phone,/a.png  /b.png,19900,29900,CNY,100\n"))
	require.NoError(t, err)
	require.Equal(t, []string{"/a.png", "/b.png"}, sales[0].Items[0].Images)
	require.EqualValues(t, 29900, sales[0].Items[0].ListPrice)
}

func TestBadFileNamesRowAndReason(t *testing.T) {
	yaml := func(old, new string) string { return strings.Replace(goodYAML, old, new, 1) }
	csv := func(old, new string) string { return strings.Replace(goodCSV, old, new, 1) }
	cases := map[string]struct{ name, text, where, reason string }{
		"price":             {"x.yaml", yaml("price: 990", "price: -1"), "line 9", "price: must be"},
		"unknown field":     {"x.yaml", yaml("sku: case-1", "skew: case-1"), "line 9", "skew"},
		"not a number":      {"x.yaml", yaml("price: 990", "price: cheap"), "line 9", "cheap"},
		"sale's name":       {"x.yaml", yaml("name: Double Eleven", "name: ''"), "line 3", "name: is required"},
		"hold":              {"x.yaml", yaml("hold_seconds: 600", "hold_seconds: 999999999999999"), "line 6", "hold_seconds"},
		"two kinds of time": {"x.yaml", yaml("hold_seconds: 600", "lasts: 1h"), "line 2", "instead of"},
		"mistyped field":    {"x.yaml", yaml("stock: 5", "stok: 5"), "line 9, item 2: \"stok\"", `"stok" is not a field; did you mean "stock"?`},
		"mistyped in sale":  {"x.yaml", yaml("hold_seconds", "hold_second"), "line 6", `"hold_second" is not a field; did you mean "hold_seconds"?`},
		"mistyped column":   {"x.csv", csv("stock", "stok"), "row 1", `"stok"; did you mean "stock"?`},
		"field's own line":  {"x.yaml", yaml("{sku: case-1, title: Case, price: 990, currency: CNY, stock: 5, images: [/a.png, /b.png], list_price: 1290}", "sku: case-1\n        title: Case\n        price: 9.90"), "line 11, item 2: price", "not a whole number"},
		"no list":           {"x.yaml", "sales: {a: 1}", "sales", "must be a list"},
		"a word as sale":    {"x.yaml", "sales: [a]", "line 1", "must be a sale"},
		"a word as item":    {"x.yaml", yaml("{sku: case-1, title: Case, price: 990, currency: CNY, stock: 5, images: [/a.png, /b.png], list_price: 1290}", "x"), "line 9, item 2", "must be an item"},
		"images no list":    {"x.yaml", yaml("[/a.png, /b.png]", "/a.png"), "line 9", "images: must be a list"},
		"same field":        {"x.yaml", yaml("price: 990", "price: 990, price: 9"), "line 9", "there twice"},
		"span without unit": {"x.yaml", yaml("15s", "15"), "line 12", "starts_in: must be a length of time"},
		"opens before":      {"x.yaml", yaml("15s", "-15s"), "line 12", "starts_in: must be 0s or more"},
		"lasts for nothing": {"x.yaml", yaml("lasts: 1h", "lasts: 0s"), "line 13", "lasts: must be more than 0s"},
		"never ends":        {"x.yaml", yaml("    lasts: 1h\n", ""), "line 10", "lasts: is required"},
		"a rehearsal":       {"x.yaml", yaml("key: relative", "key: 'rehearsal:x'"), "line 10", "marks rehearsals"},
		"no key":            {"x.yaml", yaml("key: relative", "key: ''"), "line 10", "key: is required"},
		"same key":          {"x.yaml", yaml("key: relative", "key: double-eleven"), "line 10", "already"},
		"beside the sales":  {"x.yaml", "defaults: &d\n  currency: CNY\n" + goodYAML, "line 1", "may stand under a name that begins with x-"},
		"x- in JSON":        {"x.json", `{"x-a":1,"sales":[]}`, "line 1", `"x-a" is not a field of a file`},
		"csv price":         {"x.csv", csv("990,CNY,5", "9.90,CNY,5"), "row 3", "price: \"9.90\" is not a whole number"},
		"csv time":          {"x.csv", csv("2026-11-11T12:00:00Z", "tomorrow"), "row 2", "starts_at"},
		"csv currency":      {"x.csv", csv("19900,CNY", "19900,yuan"), "row 2", "currency"},
		"csv same item":     {"x.csv", csv("case-1,Case", "phone-1,Case"), "row 3", "twice"},
		"csv other sale":    {"x.csv", csv("d12,Second", "d11,Second"), "row 4", "something else"},
		"csv column":        {"x.csv", csv("price", "cost"), "row 1", "cost"},
		"csv few fields":    {"x.csv", csv(",5\n", "\n"), "row 3", "stock: is required"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Read(c.name, strings.NewReader(c.text))
			require.Error(t, err)
			require.Contains(t, err.Error(), c.where)
			require.Contains(t, err.Error(), c.reason)
		})
	}
}

func TestNotASaleFile(t *testing.T) {
	for name, text := range map[string]string{
		"x.yaml": "", "y.yaml": "sales: []", "z.yaml": "a: b", "x.txt": "sales: []", "x.docx": goodYAML, "x.csv": "",
		"two.yaml": goodYAML + "---\na: b\n",
	} {
		_, err := Read(name, strings.NewReader(text))
		require.Error(t, err, name)
	}
	_, err := Read("x.yaml", strings.NewReader(strings.Repeat("#", MaxBytes+1)))
	require.ErrorContains(t, err, "16 MiB")
}

// A draw that nobody can enter any more is over, though its sale is not.
func TestADrawIsOverOnceNobodyCanEnter(t *testing.T) {
	file := func(entry string) string {
		return "sales:\n  - key: k\n    name: N\n    starts_at: 2060-01-01T00:00:00Z\n    ends_at: 2060-01-02T00:00:00Z\n" + entry +
			"    items:\n      - {sku: a, title: A, price: 1, currency: CNY, stock: 1}\n"
	}
	now := time.Date(2059, 12, 31, 0, 0, 0, 0, time.UTC)
	for entry, over := range map[string]bool{
		"":                  false,
		"    entry: draw\n": false,
		"    entry: draw\n    entries_until: 2059-12-31T00:00:01Z\n": false,
		"    entry: draw\n    entries_until: 2059-12-31T00:00:00Z\n": true,
	} {
		sales, err := Read("x.yaml", strings.NewReader(file(entry)))
		require.NoError(t, err, entry)
		err = sales[0].Over(now, "mend it")
		if over {
			require.ErrorContains(t, err, "entries_until: was 2059-12-31T00:00:00Z, so nobody could enter; mend it")
		} else {
			require.NoError(t, err, entry)
		}
	}
	for entry, says := range map[string]string{
		"    entry: ''\n":      "entry: must be one of open, queue, draw",
		"    entry: Draw\n":    `did you mean "draw"?`,
		"    entry: auction\n": "entry: must be one of open, queue, draw",
		"    entry: draw\n    entries_until: 2060-01-02T00:00:00Z\n": "entries_until: must be before ends_at, which is 2060-01-02T00:00:00Z",
		"    entries_until: 2060-01-01T00:00:00Z\n":                  "entries_until: is for a draw alone",
	} {
		_, err := Read("x.yaml", strings.NewReader(file(entry)))
		require.ErrorContains(t, err, says, entry)
	}
}
