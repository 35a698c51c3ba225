package salefile

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
)

// utf16LE is how spreadsheet programs save "Unicode text".
func utf16LE(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

func swapped(b []byte) string {
	for i := 0; i+1 < len(b); i += 2 {
		b[i], b[i+1] = b[i+1], b[i]
	}
	return string(b)
}

func TestTablesAreReadAsSpreadsheetsWriteThem(t *testing.T) {
	plain := strings.TrimPrefix(goodCSV, "\ufeff")
	unquoted := strings.ReplaceAll(plain, `"Phone, red"`, "Phone")
	lines := strings.SplitAfter(plain, "\n")
	each := func(change func(line string) string) string {
		var out string
		for _, line := range lines[:4] {
			out += change(strings.TrimSuffix(line, "\n")) + "\n"
		}
		return out
	}
	for name, table := range map[string]string{
		"rows of commas":         lines[0] + ",,,,,,,,\n" + lines[1] + ",,,,,,,,\n,,\n" + lines[2] + lines[3] + ",,,,,,,,\n",
		"rows of spaces":         lines[0] + "   \n" + lines[1] + "\t\t\n\u3000\n" + lines[2] + lines[3] + " , ,\t,\n",
		"rows before the header": ",,,\n\n" + plain,
		"padded columns":         each(func(l string) string { return l + ",,," }),
		"only the header padded": strings.Replace(plain, "\n", ",,\n", 1),
		"only one row padded":    lines[0] + lines[1] + strings.TrimSuffix(lines[2], "\n") + ",,,\n" + lines[3],
		"semicolons":             strings.ReplaceAll(unquoted, ",", ";"),
		"tabs":                   strings.ReplaceAll(unquoted, ",", "\t"),
		"bars":                   strings.ReplaceAll(unquoted, ",", "|"),
		"semicolons, named":      "sep=;\r\n" + strings.ReplaceAll(unquoted, ",", ";"),
		"commas, named":          "sep=,\n" + plain,
		"CRLF":                   strings.ReplaceAll(plain, "\n", "\r\n"),
		"CR":                     strings.ReplaceAll(plain, "\n", "\r"),
		"no end of the last":     strings.TrimSuffix(plain, "\n"),
		"a header as it looks":   strings.Replace(plain, "sale_key,sale_name", " Sale Key ,SALE NAME", 1),
		"spaces behind commas":   strings.ReplaceAll(plain, `,`, `, `),
		"UTF-16":                 "\xff\xfe" + string(utf16LE(plain)),
		"UTF-16 big endian":      "\xfe\xff" + swapped(utf16LE(plain)),
		"UTF-16 without a mark":  string(utf16LE(plain)),
		"UTF-16 with tabs":       "\xff\xfe" + string(utf16LE(strings.ReplaceAll(unquoted, ",", "\t"))),
		"UTF-16, other end":      swapped(utf16LE(plain)),
	} {
		sales, err := Read("x.csv", strings.NewReader(table))
		require.NoError(t, err, name)
		require.Len(t, sales, 2, name)
		require.Len(t, sales[0].Items, 2, name)
		require.EqualValues(t, 19900, sales[0].Items[0].Price, name)
		require.Equal(t, "Double Eleven", sales[0].Name, name)
	}
}

func TestRowsThatAProgramCutShortAreWhole(t *testing.T) {
	const header = "sale_key,sale_name,starts_at,ends_at,sku,title,price,currency,stock,limit_per_buyer\n"
	sales, err := Read("x.csv", strings.NewReader(header+"k,K,2060-01-01T00:00:00Z,2060-01-02T00:00:00Z,a,A,1,CNY,5,2\n"+
		"k,K,2060-01-01T00:00:00Z,2060-01-02T00:00:00Z,b,B,1,CNY,5\n"))
	require.NoError(t, err)
	require.EqualValues(t, 1, sales[0].Items[1].LimitPerBuyer, "the default")
}

func TestRowsOfATableKeepTheNumbersOfTheFile(t *testing.T) {
	plain := strings.TrimPrefix(goodCSV, "\ufeff")
	bad := strings.Replace(plain, "990,CNY,5\nd12", "9.90,CNY,5\nd12", 1)
	for before, row := range map[string]string{
		"": "row 3: ", ",,,\n\n , \n": "row 6: ", "sep=,\n": "row 4: ",
	} {
		_, err := Read("x.csv", strings.NewReader(before+bad))
		require.ErrorContains(t, err, row+"price: ")
	}
	for _, name := range []string{"x.tsv", "x.TXT"} {
		sales, err := Read(name, strings.NewReader(strings.ReplaceAll(strings.ReplaceAll(goodCSV, "Phone, red", "Phone"), ",", "\t")))
		require.NoError(t, err, name)
		require.Len(t, sales, 2)
	}
	_, err := Read("x.csv", strings.NewReader(strings.ReplaceAll(bad, "\n", "\r")))
	require.ErrorContains(t, err, "row 3: price: ")
	quoted := strings.Replace(bad, `"Phone, red"`, "\"Phone\n, red\"", 1)
	_, err = Read("x.csv", strings.NewReader(quoted))
	require.ErrorContains(t, err, "row 2: title: must not contain U+000A")
	require.ErrorContains(t, err, "row 4: price: ")
}

func TestATableThatCannotBeReadIsNamed(t *testing.T) {
	row := func(price string) string {
		return "sale_key,sale_name,starts_at,ends_at,sku,title,price,currency,stock\nk,K,2060-01-01T00:00:00Z,2060-01-02T00:00:00Z,a,A," + price + ",CNY,5\n"
	}
	// 手机 (phone) in each encoding, and スマホ.
	const gbk, big5, sjis, latin1 = "\xca\xd6\xbb\xfa", "\xa4\xe2\xbe\xf7", "\x83\x58\x83\x7d\x83\x7a", "caf\xe9 4"
	for table, want := range map[string]string{
		strings.Replace(goodCSV, "Phone", gbk, 1):                                    "not UTF-8 (line 2): perhaps it is GB18030 (GBK), Big5 or Shift-JIS; save it as \"CSV UTF-8\"",
		strings.Replace(goodCSV, "Phone", "\x81\x30\x81\x30"+gbk, 1):                 "perhaps it is GB18030",
		strings.Replace(goodCSV, "Phone", big5, 1):                                   "GB18030 (GBK), Big5 or Shift-JIS",
		strings.Replace(goodCSV, "Phone", sjis, 1):                                   "GB18030 (GBK), Big5 or Shift-JIS",
		strings.Replace(goodCSV, "Phone", latin1, 1):                                 "not UTF-8 (line 2): perhaps",
		strings.ReplaceAll(goodCSV, "Double Eleven", "\xcb\xab\xca\xae\xd2\xbb")[3:]: `hardly UTF-8, in which it would say "ʮһ" (line 2): perhaps it is GB18030 (GBK), Big5 or Shift-JIS`,
		"<!DOCTYPE html><html></html>":                                               "a web page",
		"Table 1\n" + goodCSV[3:]:                                                    "row 1: the first row has to name the columns, and none of its cells does; is there a title above them?",
		strings.Replace(goodCSV, "\nd11,Double Eleven,2026-11-11T12:00:00Z,2026-11-11T13:00:00Z,case-1", "\n,,,,case-1", 1): "row 3: sale_key: is required; every row says which sale it is of, also where cells were merged",
		strings.ReplaceAll(goodCSV, "2026-11-11T12:00:00Z", "2026-11-11 20:00:00+08:00"):                                    "write 2026-11-11T20:00:00+08:00",
		"\xff\xfe\x00\x00s\x00\x00\x00":                                     "UTF-32",
		"\xff\xfe" + string(utf16LE(goodCSV)) + "\x00":                      "UTF-16 with letters cut in half",
		"\xff\xfes\x00\x3d\xd8x\x00":                                        "UTF-16 with letters cut in half",
		"PK\x03\x04rest of a workbook":                                      "a workbook, not text",
		"\xd0\xcf\x11\xe0rest of an old one":                                "a workbook, not text",
		strings.ReplaceAll(strings.TrimPrefix(goodCSV, "\ufeff"), ",", "，"): "full-width commas",
		row("19，900"):   "it has a mark between its digits",
		row(`"19,900"`): "it has a mark between its digits",
		row("19,900"):   `row 2: "5" stands in column 10, which has no name; is a comma in a cell without quotes?`,
		row("1.99E+04"): "shortened by an exponent, as spreadsheet programs do",
		row("１９９"):      "full-width digits",
		row("199.00"):   "in minor units (19900 for 199.00 CNY)",
		row(`a"b`):      "row 2: a quote in the middle of a cell",
		row(`"a`):       "row 2: a quote is not closed",
	} {
		_, err := Read("x.csv", strings.NewReader(table))
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n")
	}
}

func TestATableMayCountItsTimesFromNow(t *testing.T) {
	sales, err := Read("x.csv", strings.NewReader("sale_key,sale_name,starts_in,lasts,sku,title,price,currency,stock\nk,K,+15m,24h,a,A,1,CNY,5\n"))
	require.NoError(t, err)
	require.True(t, sales[0].Relative())
	_, err = Read("x.csv", strings.NewReader("sale_key,sale_name,sku,title,price,currency,stock\nk,K,a,A,1,CNY,5\n"))
	require.ErrorContains(t, err, "row 2: starts_at: is required")
}

func TestLettersOfOneScriptAreNotTakenForChinese(t *testing.T) {
	for _, title := range []string{"Café «Été»", "Ελλάδα", "Телефон", "Телефон Ελλάδα", "Hawaiʻi", "Größe 5µ", "טלפון", "Nguyễn", "Škoda"} {
		sales, err := Read("x.csv", strings.NewReader(strings.ReplaceAll(goodCSV, "Double Eleven", title)[3:]))
		require.NoError(t, err, title)
		require.Equal(t, title, sales[0].Name)
	}
	// A mark at the beginning makes it certain.
	sales, err := Read("x.csv", strings.NewReader(strings.ReplaceAll(goodCSV, "Double Eleven", "˫ʮһ")))
	require.NoError(t, err)
	require.Equal(t, "˫ʮһ", sales[0].Name)
}
