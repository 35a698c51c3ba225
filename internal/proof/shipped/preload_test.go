package shipped

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

const token = `a"token\with-what-needs-quoting-0123456789`

// operators is the part of the operators' API that the script uses. It keeps
// sales by their key, as the real one does.
type operators struct {
	*httptest.Server
	mu    sync.Mutex
	calls []string
	sales map[string]json.RawMessage // content by key
	ids   map[string]string
	ready map[string]bool
}

func newOperators(t *testing.T) *operators {
	o := &operators{sales: map[string]json.RawMessage{}, ids: map[string]string{}, ready: map[string]bool{}}
	o.Server = httptest.NewServer(http.HandlerFunc(o.serve))
	t.Cleanup(o.Close)
	return o
}

func (o *operators) serve(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls = append(o.calls, r.Method+" "+r.URL.Path)
	if r.Header.Get("Authorization") != "Bearer "+token {
		problem(w, http.StatusUnauthorized, "not an operator")
		return
	}
	if r.URL.Path == "/api/v1/admin/sales/import" {
		o.take(w, r)
		return
	}
	o.ready[strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/api/v1/admin/sales/"), "/preload")] = true
	w.Write([]byte(`{"items":[]}`))
}

// take answers an import of one sale.
func (o *operators) take(w http.ResponseWriter, r *http.Request) {
	var file struct{ Sales []json.RawMessage }
	var sale struct{ Key string }
	if json.NewDecoder(r.Body).Decode(&file) != nil || len(file.Sales) != 1 || json.Unmarshal(file.Sales[0], &sale) != nil {
		problem(w, http.StatusBadRequest, "no file of one sale")
		return
	}
	answer := map[string]any{"action": "create"}
	switch before, known := o.sales[sale.Key]; {
	case known && string(before) == string(file.Sales[0]):
		answer["action"] = "unchanged"
	case known:
		answer["action"], answer["differences"] = "conflict", []any{
			map[string]any{"field": "stock", "sku": "x-1", "here": "5", "there": "6"}, map[string]any{"field": "image_url", "sku": "x-1", "here": "", "there": "/a.png"}}
	case r.URL.Query().Get("apply") == "true":
		o.sales[sale.Key], o.ids[sale.Key] = file.Sales[0], strconv.Itoa(len(o.ids)+1)
	}
	if id, known := o.ids[sale.Key]; known {
		state := "draft"
		if o.ready[id] {
			state = "ready"
		}
		answer["sale"] = map[string]any{"id": id, "state": state}
	}
	json.NewEncoder(w).Encode(map[string]any{"sales": []any{answer}})
}

func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"title": http.StatusText(status), "detail": detail})
}

// preload runs the script on a file of that name and content.
func preload(t *testing.T, url, name, content string, environ ...string) (out string, code int) {
	t.Helper()
	return preloadWith(t, url, nil, name, content, environ...)
}

func preloadWith(t *testing.T, url string, options []string, name, content string, environ ...string) (out string, code int) {
	t.Helper()
	for _, program := range []string{"bash", "curl", "jq"} {
		testkit.Program(t, program)
	}
	file := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	cmd := exec.Command("../../../scripts/preload.sh", append(options, "--url", url, file)...)
	cmd.Env = append(os.Environ(), append([]string{"SECKILL_ADMIN_TOKEN=" + token}, environ...)...)
	b, err := cmd.CombinedOutput()
	if err != nil {
		require.IsType(t, &exec.ExitError{}, err, "%s", b)
	}
	return string(b), cmd.ProcessState.ExitCode()
}

const (
	goodJSON = `{"sales":[
 {"key":"a","name":"A sale","starts_at":"2060-11-11T12:00:00Z","ends_at":"2060-11-12T12:00:00+08:00","hold_seconds":60,
  "items":[{"sku":"x-1","title":"X, \"the\" one","price":100,"currency":"CNY","stock":5,"limit_per_buyer":2},
           {"sku":"x-2","title":"乙","image_url":"/x.png","images":["/y.png","/z.png"],"price":0,"list_price":5,"currency":"CNY","stock":0}]},
 {"key":"b","name":"B","starts_at":"2060-11-11T12:00:00.5Z","ends_at":"2060-11-12T12:00:00Z",
  "items":[{"sku":"y","title":"Y","price":1,"currency":"EUR","stock":1}]}]}`

	csvHeader = "sale_key,sale_name,starts_at,ends_at,hold_seconds,sku,title,image_url,price,currency,stock,limit_per_buyer\n"
	goodCSV   = "\ufeffsale_key,sale_name,starts_at,ends_at,hold_seconds,sku,title,image_url,price,currency,stock,limit_per_buyer,images,list_price\n" +
		"a,A sale,2060-11-11T12:00:00Z,2060-11-12T12:00:00+08:00,60,x-1,\"X, \"\"the\"\" one\",,100,CNY,5,2,,\r\n" +
		"b,B,2060-11-11T12:00:00.5Z,2060-11-12T12:00:00Z,,y,Y,,1,EUR,1,,,\r\n" +
		"\r\n" +
		"a,A sale,2060-11-11T12:00:00Z,2060-11-12T12:00:00+08:00,60,x-2,乙,/x.png,0,CNY,0,,/y.png /z.png,5"
)

func TestPreloadScriptLoadsAFileAndChangesNothingTheSecondTime(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"sales.json": goodJSON, "sales.csv": goodCSV} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOperators(t)
			out, code := preload(t, o.URL, name, content)
			require.Zero(t, code, out)
			assert.Contains(t, out, "2 sales with 3 items: 2 created, 2 loaded, 0 as they were")
			assert.Equal(t, map[string]bool{"1": true, "2": true}, o.ready)
			assert.JSONEq(t, `{"key":"a","name":"A sale","starts_at":"2060-11-11T12:00:00Z","ends_at":"2060-11-12T12:00:00+08:00","hold_seconds":60,
				"items":[{"sku":"x-1","title":"X, \"the\" one","price":100,"currency":"CNY","stock":5,"limit_per_buyer":2},
				{"sku":"x-2","title":"乙","image_url":"/x.png","images":["/y.png","/z.png"],"price":0,"list_price":5,"currency":"CNY","stock":0}]}`, string(o.sales["a"]))

			out, code = preload(t, o.URL, name, content)
			require.Zero(t, code, out)
			assert.Contains(t, out, "0 created, 0 loaded, 2 as they were")
		})
	}
}

func TestPreloadScriptLoadsNothingOfAFileWithABadRow(t *testing.T) {
	t.Parallel()
	row := func(sku, price, stock, currency string) string {
		return "a,A,2060-11-11T12:00:00Z,2060-11-12T12:00:00Z,60," + sku + ",T,," + price + "," + currency + "," + stock + ",1\n"
	}
	for name, c := range map[string]struct{ file, content, want string }{
		"price is text":       {"s.csv", csvHeader + row("x", "1", "1", "CNY") + row("y", "cheap", "1", "CNY"), "row 3: price: must be a whole number"},
		"stock is negative":   {"s.csv", csvHeader + row("x", "1", "-1", "CNY"), "row 2: stock: must be a whole number from 0"},
		"item twice":          {"s.csv", csvHeader + row("x", "1", "1", "CNY") + row("x", "1", "1", "CNY"), `row 3: sku: "x" is there twice`},
		"two currencies":      {"s.csv", csvHeader + row("x", "1", "1", "CNY") + row("y", "1", "1", "EUR"), "row 3: currency: must be the same"},
		"two sales in one":    {"s.csv", csvHeader + row("x", "1", "1", "CNY") + strings.Replace(row("y", "1", "1", "CNY"), ",A,", ",B,", 1), `row 3: says something else of sale "a" than row 2 does`},
		"column missing":      {"s.csv", "sale_key\n", `column "sale_name" is missing`},
		"column unknown":      {"s.csv", "colour," + csvHeader, `unknown column "colour"`},
		"fields missing":      {"s.csv", csvHeader + "a,A\n", "row 2: sku: must be"},
		"too many fields":     {"s.csv", csvHeader + strings.Replace(row("x", "1", "1", "CNY"), ",1\n", ",1,2\n", 1), `row 2: "2" stands in column 13, which has no name`},
		"rows are counted":    {"s.csv", ",,,\n" + csvHeader + ", ,\t,\n\n" + row("x", "1.0", "1", "CNY"), `row 5: price: must be a whole number`},
		"not UTF-8":           {"s.csv", csvHeader + strings.Replace(row("x", "1", "1", "CNY"), ",T,", ",\xca\xd6,", 1), `not UTF-8: perhaps it is GB18030 (GBK), Big5 or Shift-JIS; save it as "CSV UTF-8"`},
		"double eleven":       {"s.csv", csvHeader + strings.Replace(row("x", "1", "1", "CNY"), ",T,", "\xcb\xab\xca\xae\xd2\xbb,", 1), "hardly UTF-8: perhaps it is GB18030 (GBK), Big5 or Shift-JIS; save it as"},
		"UTF-16":              {"s.csv", "\xff\xfes\x00", "this file is UTF-16"},
		"a workbook":          {"s.csv", "PK\x03\x04", "this file is a workbook"},
		"open quote":          {"s.csv", csvHeader + `a,"A`, "row 2: a quote is not closed"},
		"empty":               {"s.csv", "", "the file is empty"},
		"no sale":             {"s.json", `{"sales":[]}`, "no sale in it"},
		"not JSON":            {"s.json", `{"sales":`, "nothing was loaded"},
		"a comment":           {"s.json", strings.Replace(goodJSON, "[", "[\n // two of them\n", 1), "must be one JSON document: Invalid numeric literal at line 2"},
		"two documents":       {"s.json", goodJSON + goodJSON, "must be one JSON document"},
		"another form":        {"s.json", `[]`, `nothing was loaded: must be {"sales": [...]}`},
		"unknown field":       {"s.json", strings.Replace(goodJSON, `"hold_seconds"`, `"hold"`, 1), "sales[0]: hold: is not a known field"},
		"two kinds of times":  {"s.json", strings.Replace(goodJSON, `"starts_at":"2060-11-11T12:00:00.5Z"`, `"starts_in":"5s"`, 1), "sales[1]: starts_in and lasts stand instead of"},
		"one field twice":     {"s.json", strings.Replace(goodJSON, `"price":1,`, `"price":1,"price":2,`, 1), `["sales",1,"items",0,"price"] is there twice`},
		"money with a point":  {"s.json", strings.Replace(goodJSON, `"price":1,`, `"price":1.00,`, 1), `sales[1].items[0]: price: must be a whole number from 0 to 1000000000000 in plain digits, in minor units (19900 for 199.00 EUR), not "1.00"`},
		"money without one":   {"s.json", strings.NewReplacer(`"price":1,`, `"price":"1",`, "EUR", "JPY").Replace(goodJSON), `in minor units (19900 for 19900 JPY), not`},
		"no currency's name":  {"s.json", strings.Replace(goodJSON, `"EUR"`, `"RMB"`, 1), `did you mean CNY?`},
		"over":                {"s.json", strings.NewReplacer("2060", "2025").Replace(goodJSON), "sales[0]: ends_at: the sale is over since 2025-11-12T12:00:00+08:00; mend its times, or load it with --past"},
		"no key":              {"s.json", strings.Replace(goodJSON, `"key":"b",`, "", 1), "sales[1]: key: must be"},
		"one key for two":     {"s.json", strings.Replace(goodJSON, `"key":"b"`, `"key":"a"`, 1), `sales[1]: key: "a" is the key of two sales`},
		"item's field":        {"s.json", strings.Replace(goodJSON, `"currency":"EUR"`, `"currency":"eur"`, 1), "sales[1].items[0]: currency: must be an ISO 4217 code"},
		"part of a unit":      {"s.json", strings.Replace(goodJSON, `"stock":1`, `"stock":1.5`, 1), "sales[1].items[0]: stock: must be a whole number"},
		"time without a zone": {"s.json", strings.Replace(goodJSON, `12:00:00.5Z`, `12:00:00`, 1), "sales[1]: starts_at: must be a time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOperators(t)
			out, code := preload(t, o.URL, c.file, c.content)
			assert.Equal(t, 1, code, out)
			assert.Contains(t, out, c.want)
			assert.Contains(t, out, "nothing was loaded")
			assert.NotContains(t, out, `"starts_at"`, "it prints the file")
			assert.Empty(t, o.sales, "something was sent")
		})
	}
}

func TestPreloadScriptReadsTablesAsSpreadsheetsWriteThem(t *testing.T) {
	t.Parallel()
	unquoted := strings.ReplaceAll(goodCSV, `"X, ""the"" one"`, "X")
	header, rows, _ := strings.Cut(strings.TrimPrefix(goodCSV, "\ufeff"), "\n")
	for name, content := range map[string]string{
		"semicolons":    strings.ReplaceAll(unquoted, ",", ";"),
		"tabs":          strings.ReplaceAll(unquoted, ",", "\t"),
		"named":         "sep=;\r\n" + strings.ReplaceAll(strings.TrimPrefix(unquoted, "\ufeff"), ",", ";"),
		"CR":            strings.NewReplacer("\r\n", "\r", "\n", "\r").Replace(goodCSV),
		"padded":        strings.ReplaceAll(goodCSV, "\r\n", ",,,\r\n"),
		"blank rows":    strings.ReplaceAll(goodCSV, "\r\n", "\r\n,,,\r\n \t \r\n"),
		"all quoted":    regexp.MustCompile(`[^,\r\n]+`).ReplaceAllString(strings.TrimPrefix(unquoted, "\ufeff"), `"$0"`),
		"header quoted": "\ufeff\"" + strings.ReplaceAll(header, ",", `","`) + "\"\n" + rows,
		"cut short":     strings.ReplaceAll(goodCSV, ",,\r\n", "\r\n"),
		"header looks":  strings.Replace(goodCSV, "sale_key,sale_name", " Sale Key ,SALE NAME", 1),
	} {
		file := "s.csv"
		if name == "tabs" {
			file = "s.txt"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, code := preloadWith(t, "http://127.0.0.1:1", []string{"--dry-run"}, file, content)
			assert.Zero(t, code, out)
			assert.Equal(t, []int{2, 3}, []int{strings.Count(out, ", 2060-"), strings.Count(out, "units, at most") + strings.Count(out, "unit, at most")}, out)
		})
	}
}

func TestPreloadScriptShowsMoneyBeforeItLoads(t *testing.T) {
	t.Parallel()
	o := newOperators(t)
	content := strings.NewReplacer(`"price":1,`, `"price":19900,`, `"EUR"`, `"KWD"`).Replace(goodJSON)
	out, code := preloadWith(t, o.URL, []string{"--dry-run"}, "s.json", content, "SECKILL_ADMIN_TOKEN=")
	require.Zero(t, code, out)
	assert.Contains(t, out, "x-1: 1.00 CNY, 5 units, at most 2 a buyer")
	assert.Contains(t, out, "x-2: free instead of 0.05 CNY")
	assert.Contains(t, out, "y: 19.900 KWD")
	assert.NotContains(t, out, "warning")
	pictured, _ := preloadWith(t, o.URL, []string{"--dry-run"}, "s.json", strings.Replace(goodJSON, "/y.png", "https://cdn.example.com/y.png", 1))
	assert.Contains(t, pictured, "warning: 1 picture from cdn.example.com; pages show pictures of their own address alone")
	assert.Contains(t, out, "nothing was loaded: it is a dry run")
	assert.Empty(t, o.calls)
}

func TestPreloadScriptLoadsPastSalesWhenTheyAreMeant(t *testing.T) {
	t.Parallel()
	o := newOperators(t)
	past := strings.NewReplacer("2060", "2025").Replace(goodJSON)
	out, code := preloadWith(t, o.URL, []string{"--past"}, "s.json", past)
	require.Zero(t, code, out)
	out, code = preload(t, o.URL, "s.json", past)
	require.Zero(t, code, out)
	assert.Contains(t, out, "2 as they were", "what is there already is not taken in")
}

// They count by the server's clock, which also keeps those of the first time.
func TestPreloadScriptSendsRelativeTimesAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	o := newOperators(t)
	table, err := os.ReadFile("../../../configs/example-sale.csv")
	require.NoError(t, err)
	out, code := preload(t, o.URL, "example-sale.csv", string(table))
	require.Zero(t, code, out)
	assert.Contains(t, out, "1 sale with 3 items: 1 created")
	for _, content := range o.sales {
		var sale map[string]any
		require.NoError(t, json.Unmarshal(content, &sale))
		assert.Equal(t, []any{"15m", "24h"}, []any{sale["starts_in"], sale["lasts"]})
		assert.NotContains(t, sale, "starts_at")
	}
}

// One file with a sale for each value, since the script complains of all at once.
func TestPreloadScriptGuessesNoValue(t *testing.T) {
	t.Parallel()
	var table, list, header string
	var sales []string
	inTable, inList := map[string]testkit.SaleValue{}, map[string]testkit.SaleValue{}
	for i, v := range testkit.SaleValues() {
		inList[fmt.Sprintf("sales[%d]", i)] = v
		sales = append(sales, fmt.Sprintf(`{"key": "k%d", `, i)+strings.TrimPrefix(v.Sale(), "{"))
		if v.InCSV() && !strings.Contains(v.Written, "\ufffd") { // by that the script knows other letters than UTF-8
			var row string
			header, row, _ = strings.Cut(v.CSV(), "\n")
			inTable[fmt.Sprintf("row %d", len(inTable)+2)] = v
			table += fmt.Sprintf("k%d", i) + strings.TrimPrefix(row, "k")
		}
	}
	list = `{"sales": [` + strings.Join(sales, ",\n") + "]}"
	for name, c := range map[string]struct {
		content string
		values  map[string]testkit.SaleValue
	}{"s.json": {list, inList}, "s.csv": {header + "\n" + table, inTable}} {
		out, code := preloadWith(t, "http://127.0.0.1:1", []string{"--dry-run"}, name, c.content)
		require.Equal(t, 1, code, out)
		for where, v := range c.values {
			said := regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(where)+`(\.items\[0\])?: .*$`).FindAllString(out, -1)
			if v.Taken {
				assert.Empty(t, said, "%s %v", name, v)
			} else {
				assert.Contains(t, strings.Join(said, " "), v.Field+": ", "%s %v at %s", name, v, where)
			}
		}
	}
}

func TestPreloadScriptKnowsTheCurrenciesOfTheService(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("../../../scripts/preload/currencies.jq")
	require.NoError(t, err)
	known := map[string]int{}
	for _, m := range regexp.MustCompile(`"(\d)": "([A-Z ]+)"`).FindAllStringSubmatch(string(script), -1) {
		for code := range strings.FieldsSeq(m[2]) {
			known[code], _ = strconv.Atoi(m[1])
		}
	}
	assert.Equal(t, seckill.Currencies(), known)
}

func TestPreloadScriptTellsWhyTheServerRefuses(t *testing.T) {
	t.Parallel()
	o := newOperators(t)
	out, code := preload(t, o.URL, "s.json", goodJSON, "SECKILL_ADMIN_TOKEN=wrong")
	assert.Equal(t, 1, code, out)
	assert.Contains(t, out, "the server says no (401): not an operator")

	_, code = preload(t, o.URL, "s.json", goodJSON)
	require.Zero(t, code)
	other := strings.NewReplacer(`"key":"a"`, `"key":"c"`, `"key":"b"`, `"key":"a"`).Replace(goodJSON)
	out, code = preload(t, o.URL, "s.json", other)
	assert.Equal(t, 1, code, out)
	assert.Contains(t, out, `s.json: nothing was loaded: `)
	assert.Contains(t, out, `sale "a": its key stands for a sale with other content: stock of x-1: 5 here, 6 in the file; image_url of x-1: none here, /a.png in the file`)
	assert.Len(t, o.sales, 2, "the new sale of the file is not loaded either")
}

func TestPreloadScriptSaysWhenItCannotRun(t *testing.T) {
	t.Parallel()
	o := newOperators(t)
	for name, c := range map[string]struct{ url, file, environ, want string }{
		"no server":    {"http://127.0.0.1:1", "s.json", "X=1", "does not answer"},
		"no token":     {o.URL, "s.json", "SECKILL_ADMIN_TOKEN=", "no admin token"},
		"another file": {o.URL, "s.yaml", "X=1", "must end in .json, .csv, .tsv or .txt"},
		"broken token": {o.URL, "s.json", "SECKILL_ADMIN_TOKEN=a\nurl = x", "must be one line"},
	} {
		out, code := preload(t, c.url, c.file, goodJSON, c.environ)
		assert.Equal(t, 2, code, "%s: %s", name, out)
		assert.Contains(t, out, c.want, name)
	}
	assert.Empty(t, o.calls)
}
