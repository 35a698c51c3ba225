package salefile

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const anchoredYAML = `sales:
  - &day
    key: one
    name: One
    starts_at: 2060-01-01T00:00:00Z
    ends_at: &end 2060-01-02T00:00:00Z
    items:
      - &phone {sku: red, title: Red, price: 100, currency: CNY, stock: 5, images: &pictures [/a.png]}
      - {<<: *phone, sku: blue, title: Blue}
      - {sku: green, title: Green, <<: [{stock: 7}, *phone], images: *pictures}
  - <<: *day
    key: two
    ends_at: *end
`

func TestAnchorsAndMergeKeysWorkBetweenItemsAndSales(t *testing.T) {
	sales, err := Read("x.yaml", strings.NewReader(anchoredYAML))
	require.NoError(t, err)
	require.Len(t, sales, 2)
	require.Equal(t, "One", sales[1].Name)
	require.Equal(t, sales[0].Items, sales[1].Items)
	items := sales[0].Items
	require.Equal(t, "blue", items[1].SKU)
	require.EqualValues(t, 100, items[1].Price)
	require.EqualValues(t, 7, items[2].Total, "of several the first counts")
	require.Equal(t, []string{"/a.png"}, items[2].Images)

	given := "x-given: &given {stock: -9}\n" + strings.Replace(anchoredYAML, "<<: *phone, sku: blue", "<<: [*given, *phone], sku: blue", 1)
	_, err = Read("x.yaml", strings.NewReader(given))
	require.ErrorContains(t, err, "line 10, item 2: stock: must be 0 to")
	sales, err = Read("x.yaml", strings.NewReader(strings.Replace(given, "-9", "9", 1)))
	require.NoError(t, err)
	require.EqualValues(t, 9, sales[0].Items[1].Total)
	_, err = Read("x.yaml", strings.NewReader(strings.Replace(anchoredYAML, "title: Blue}", "titel: Blue}", 1)))
	require.ErrorContains(t, err, `line 9, item 2: "titel" is not a field; did you mean "title"?`)
	_, err = Read("x.yaml", strings.NewReader(strings.Replace(anchoredYAML, "*phone, sku: blue", "*nobody, sku: blue", 1)))
	require.ErrorContains(t, err, "unknown anchor")
	_, err = Read("x.yaml", strings.NewReader(strings.Replace(anchoredYAML, "<<: *phone", "<<: 5", 1)))
	require.ErrorContains(t, err, "line 9: << must be followed by")
}

func TestAFileOfAliasesCannotFillTheMemory(t *testing.T) {
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 12; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10))
	}
	_, err := Read("x.yaml", strings.NewReader(bomb))
	require.ErrorContains(t, err, "stand for more than")
	_, err = Read("x.yaml", strings.NewReader("sales: &a [*a]"))
	require.ErrorContains(t, err, "line 1: ")
	_, err = Read("x.yaml", strings.NewReader("sales: "+strings.Repeat("[", 50)+strings.Repeat("]", 50)))
	require.ErrorContains(t, err, "too deep")
	_, err = Read("x.json", strings.NewReader(strings.Repeat("[", 50)+strings.Repeat("]", 50)))
	require.ErrorContains(t, err, "too deep")
}

func TestTextsInQuotesAndBlocksAreTexts(t *testing.T) {
	sales, err := Read("x.yaml", strings.NewReader(strings.NewReplacer("title: Red", "title: !!str 2026", "sku: red", "sku: '007'", "title: Blue", `title: "\U0001F600"`).Replace(anchoredYAML)))
	require.NoError(t, err)
	require.Equal(t, "2026", sales[0].Items[0].Title)
	require.Equal(t, "007", sales[0].Items[0].SKU)
	require.Equal(t, "😀", sales[0].Items[1].Title)
}

func TestATextThatMayBeLeftOutMayBeEmpty(t *testing.T) {
	sales, err := Read("x.yaml", strings.NewReader(strings.Replace(anchoredYAML, "&pictures [/a.png]", "&pictures , image_url: ~", 1)))
	require.NoError(t, err)
	require.Empty(t, sales[0].Items[0].ImageURL)
	require.Empty(t, sales[0].Items[0].Images)
}

func TestYAMLThatIsNoneIsExplained(t *testing.T) {
	for name, want := range map[string]string{
		"\tname: One":          "line 4: begins with a tab; YAML is indented by spaces",
		"    name: @home":      "line 4: a text that begins with %, @ or ` needs quotes",
		"    name: Phone: red": "line 4: is not indented as the lines around it, or has a text with a colon in it, which needs quotes",
		"     name: One":       "line 4: is not indented as the lines around it",
		"    name: #1 of all":  "line 4: name: is empty; a text that begins with # needs quotes",
		"    name: {{ name }}": "line 4: the name of a field must be a word; is a {{ }} of a template left there?",
		"    name： One":        "has a full-width colon",
	} {
		_, err := Read("x.yaml", strings.NewReader(strings.Replace(anchoredYAML, "    name: One", name, 1)))
		require.ErrorContains(t, err, want)
	}
}
