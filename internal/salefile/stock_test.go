package salefile

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

const stockCSV = "\ufeffgoods,on_hand,by,reason\n" +
	"phone-1,100,,\"delivered, all of it\"\n" +
	"cup-1,,-3,摔坏了\n" +
	"pen-1,0,,\n"

// said are rows as the test writes them: goods, =100 or +5 or -3, and the reason.
func said(rows []StockRow) (list []string) {
	for _, r := range rows {
		number := fmt.Sprintf("%+d", r.By)
		if r.To != nil {
			number = fmt.Sprintf("=%d", *r.To)
		}
		list = append(list, fmt.Sprintf("%d %s %s %s", r.Row(), r.Goods, number, r.Reason))
	}
	return list
}

var stockSaid = []string{"2 phone-1 =100 delivered, all of it", "3 cup-1 -3 摔坏了", "4 pen-1 =0 "}

func TestAStockTableIsReadAsSpreadsheetsWriteIt(t *testing.T) {
	plain := strings.TrimPrefix(stockCSV, "\ufeff")
	unquoted := strings.ReplaceAll(plain, `"delivered, all of it"`, "delivered, all of it")
	separated := func(by string) string { // but for the comma of the reason
		return strings.NewReplacer(", ", ", ", ",", by).Replace(unquoted)
	}
	for name, table := range map[string]string{
		"UTF-8 with a mark":     stockCSV,
		"UTF-8":                 plain,
		"semicolons":            separated(";"),
		"tabs":                  separated("\t"),
		"bars":                  separated("|"),
		"a header as it looks":  strings.Replace(plain, "goods,on_hand", " Goods ,On hand", 1),
		"CRLF":                  strings.ReplaceAll(plain, "\n", "\r\n"),
		"padded":                strings.ReplaceAll(plain, "\n", ",,\n"),
		"spaces":                strings.ReplaceAll(plain, ",,", " , ,"),
		"UTF-16":                "\xff\xfe" + string(utf16LE(plain)),
		"UTF-16 without a mark": string(utf16LE(plain)),
		"no end of the last":    strings.TrimSuffix(plain, "\n"),
	} {
		rows, err := ReadStock("x.csv", strings.NewReader(table))
		require.NoError(t, err, name)
		require.Equal(t, stockSaid, said(rows), name)
	}
	rows, err := ReadStock("x.TSV", strings.NewReader("sep=;\nby;goods\n5;cup-1\n"))
	require.NoError(t, err)
	require.Equal(t, []string{"3 cup-1 +5 "}, said(rows), "the other columns may be left out")
}

func TestAStockTableThatIsWrongNamesRowAndReason(t *testing.T) {
	long := strings.Repeat("世", seckill.MaxReasonRunes+1)
	row := func(cells string) string { return "goods,on_hand,by,reason\n" + cells + "\n" }
	for table, want := range map[string]string{
		"":                                     "the file is empty",
		"goods,on_hand\n":                      "no goods in it",
		"goods,reason\ncup,x\n":                `column "on_hand" or "by" is missing`,
		"on_hand,by\n5,\n":                     `row 1: column "goods" is missing`,
		"goods,onhand\ncup,5\n":                `row 1: unknown column "onhand"; did you mean "on_hand"?; known are goods, on_hand, by, reason`,
		"goods,by,by\ncup,5,\n":                `row 1: column "by" is there twice`,
		"cup,5\n":                              "row 1: the first row has to name the columns",
		"goods，on_hand\ncup，5\n":               "row 1: full-width commas",
		"goods,on_hand\n\xca\xd6\xbb\xfa,5\n":  `not UTF-8 (line 2): perhaps it is GB18030 (GBK), Big5 or Shift-JIS; save it as "CSV UTF-8"`,
		"PK\x03\x04":                           "a workbook, not text",
		row(",5,,"):                            "row 2: goods: is required",
		row("-cup,5,,"):                        `row 2: goods: must be 1 to 64 letters, digits, '.', '_' or '-', and start with a letter or digit, not "-cup"`,
		row("cup,,,"):                          "row 2: give on_hand or by; leave out the row of goods that stay as they are",
		row("cup,5,3,"):                        "row 2: give on_hand or by, and not both",
		row("cup,,0,"):                         "row 2: by: must not be 0",
		row("cup,５,,"):                         `row 2: on_hand: "５" is not a whole number: it has full-width digits; write plain digits such as 100`,
		row(`cup,"1,000",,`):                   "row 2: on_hand: \"1,000\" is not a whole number: it has a mark between its digits",
		row("cup,,+5,"):                        `row 2: by: "+5" is not a whole number`,
		row("cup,1.5,,"):                       `row 2: on_hand: "1.5" is not a whole number`,
		row("cup,1E+03,,"):                     "shortened by an exponent",
		row("cup,,5," + long):                  "row 2: reason: must be 0 to 200 characters, not 201",
		row("cup,5,,\"two\nlines\""):           "row 2: reason: must not contain U+000A",
		row("cup,5,,a,b"):                      `row 2: "b" stands in column 5, which has no name`,
		row("cup,5,,\npen,5,,\n\ncup,,3,"):     `row 5: goods: "cup" is in row 2 already`,
		row("cup,x,,\npen,,x,\n-,1,2,\nmat,1"): "row 2: on_hand: \"x\" is not a whole number; write plain digits such as 100\nrow 3: by: \"x\" is not a whole number; write plain digits such as 100\nrow 4: goods: must be",
	} {
		_, err := ReadStock("x.csv", strings.NewReader(table))
		require.ErrorContains(t, err, want, "%q", table)
	}
	for _, name := range []string{"x.yaml", "x.xlsx", "x"} {
		_, err := ReadStock(name, strings.NewReader(stockCSV))
		require.ErrorContains(t, err, "the name must end in .csv, .tsv or .txt")
	}
}

func TestAStockTableMayBeSoLong(t *testing.T) {
	var table strings.Builder
	table.WriteString("goods,on_hand\n")
	for n := range seckill.MaxImportRows {
		fmt.Fprintf(&table, "goods-%d,%d\n", n, n)
	}
	rows, err := ReadStock("x.csv", strings.NewReader(table.String()))
	require.NoError(t, err)
	require.Len(t, rows, seckill.MaxImportRows)
	_, err = ReadStock("x.csv", strings.NewReader(table.String()+"one-more,1\n"))
	require.ErrorContains(t, err, "has 1001 rows, and 1000 at most are taken at a time")

	_, err = ReadStock("x.csv", strings.NewReader(strings.ReplaceAll(table.String(), "goods-", "-")))
	require.Equal(t, maxComplaints, strings.Count(err.Error(), "\n"))
	require.ErrorContains(t, err, "and 950 more")
}
