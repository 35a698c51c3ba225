package salefile

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const goodJSON = `{"sales": [
  {"key": "k", "name": "N", "starts_in": "15s", "lasts": "1h",
   "items": [
     {"sku": "a", "title": "\ud83d\ude00 caf\u00e9", "price": 0, "currency": "CNY", "stock": 1, "images": ["/a.png"]},
     {"sku": "b", "title": "B", "price": 5, "currency": "CNY", "stock": 1}
   ]}
]}`

func TestReadsJSONAsProgramsWriteIt(t *testing.T) {
	for _, text := range []string{goodJSON, "\ufeff" + goodJSON, "\xff\xfe" + string(utf16LE(goodJSON))} {
		sales, err := Read("x.json", strings.NewReader(text))
		require.NoError(t, err)
		require.Equal(t, "😀 café", sales[0].Items[0].Title)
		require.Equal(t, []string{"/a.png"}, sales[0].Items[0].Images)
	}
}

func TestBadJSONIsNamedWithItsLine(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`"price": 5`, `"price": 5.5`, `line 5, item 2: price: "5.5" is not a whole number`},
		{`"price": 5`, `"prise": 5`, `line 5, item 2: "prise" is not a field; did you mean "price"?`},
		{`"title": "B"`, `"title": 5`, `line 5, item 2: title: must be a text`},
		{`"price": 5`, `"price": 5, "price": 6`, `line 5: "price" is there twice`},
		{`\ud83d\ude00`, `\ud83d`, "line 4: "},
		{"15s", "\xed\xa0\x80", "not UTF-8"},
		{`"stock": 1, `, `"stock": 1,, `, "line 4: invalid character"},
		{goodJSON, goodJSON + " {}", "more than one"},
		{goodJSON, "", "the file is empty"},
		{goodJSON, "[]", "must be `sales:`"},
		{`"sales"`, `"sale"`, "must be `sales:`"},
	} {
		_, err := Read("x.json", strings.NewReader(strings.Replace(goodJSON, c.old, c.new, 1)))
		require.ErrorContains(t, err, c.want)
	}
}
