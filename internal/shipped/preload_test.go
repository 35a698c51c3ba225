package shipped

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/testkit"
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
	id := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/api/v1/admin/sales/"), "/preload")
	if r.URL.Path == "/api/v1/admin/sales" {
		o.create(w, r)
		return
	}
	o.ready[id] = true
	w.Write([]byte(`{"items":[]}`))
}

func (o *operators) create(w http.ResponseWriter, r *http.Request) {
	var content json.RawMessage
	var sale struct{ Key string }
	if json.NewDecoder(r.Body).Decode(&content) != nil || json.Unmarshal(content, &sale) != nil {
		problem(w, http.StatusBadRequest, "not JSON")
		return
	}
	status := http.StatusOK
	switch before, known := o.sales[sale.Key]; {
	case !known:
		o.sales[sale.Key], o.ids[sale.Key] = content, strconv.Itoa(len(o.ids)+1)
		status = http.StatusCreated
	case string(before) != string(content):
		problem(w, http.StatusConflict, "another sale has this key")
		return
	}
	id, state := o.ids[sale.Key], "draft"
	if o.ready[id] {
		state = "ready"
	}
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"id": id, "key": sale.Key, "state": state})
}

func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"title": http.StatusText(status), "detail": detail})
}

// preload runs the script on a file of that name and content.
func preload(t *testing.T, url, name, content string, environ ...string) (out string, code int) {
	t.Helper()
	for _, program := range []string{"bash", "curl", "jq"} {
		testkit.Program(t, program)
	}
	file := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	cmd := exec.Command("../../scripts/preload.sh", "--url", url, file)
	cmd.Env = append(os.Environ(), append([]string{"SECKILL_ADMIN_TOKEN=" + token}, environ...)...)
	b, err := cmd.CombinedOutput()
	if err != nil {
		require.IsType(t, &exec.ExitError{}, err, "%s", b)
	}
	return string(b), cmd.ProcessState.ExitCode()
}

const (
	goodJSON = `{"sales":[
 {"key":"a","name":"A sale","starts_at":"2026-11-11T12:00:00Z","ends_at":"2026-11-12T12:00:00+08:00","hold_seconds":60,
  "items":[{"sku":"x-1","title":"X, \"the\" one","price":100,"currency":"CNY","stock":5,"limit_per_buyer":2},
           {"sku":"x-2","title":"乙","image_url":"/x.png","images":["/y.png","/z.png"],"price":0,"list_price":5,"currency":"CNY","stock":0}]},
 {"key":"b","name":"B","starts_at":"2026-11-11T12:00:00.5Z","ends_at":"2026-11-12T12:00:00Z",
  "items":[{"sku":"y","title":"Y","price":1,"currency":"EUR","stock":1}]}]}`

	csvHeader = "sale_key,sale_name,starts_at,ends_at,hold_seconds,sku,title,image_url,price,currency,stock,limit_per_buyer\n"
	goodCSV   = "\ufeffsale_key,sale_name,starts_at,ends_at,hold_seconds,sku,title,image_url,price,currency,stock,limit_per_buyer,images,list_price\n" +
		"a,A sale,2026-11-11T12:00:00Z,2026-11-12T12:00:00+08:00,60,x-1,\"X, \"\"the\"\" one\",,100,CNY,5,2,,\r\n" +
		"b,B,2026-11-11T12:00:00.5Z,2026-11-12T12:00:00Z,,y,Y,,1,EUR,1,,,\r\n" +
		"\r\n" +
		"a,A sale,2026-11-11T12:00:00Z,2026-11-12T12:00:00+08:00,60,x-2,乙,/x.png,0,CNY,0,,/y.png /z.png,5"
)

func TestPreloadScriptLoadsAFileAndChangesNothingTheSecondTime(t *testing.T) {
	for name, content := range map[string]string{"sales.json": goodJSON, "sales.csv": goodCSV} {
		t.Run(name, func(t *testing.T) {
			o := newOperators(t)
			out, code := preload(t, o.URL, name, content)
			require.Zero(t, code, out)
			assert.Contains(t, out, "2 sales with 3 items: 2 created, 2 loaded, 0 as they were")
			assert.Equal(t, map[string]bool{"1": true, "2": true}, o.ready)
			assert.JSONEq(t, `{"key":"a","name":"A sale","starts_at":"2026-11-11T12:00:00Z","ends_at":"2026-11-12T12:00:00+08:00","hold_seconds":60,
				"items":[{"sku":"x-1","title":"X, \"the\" one","price":100,"currency":"CNY","stock":5,"limit_per_buyer":2},
				{"sku":"x-2","title":"乙","image_url":"/x.png","images":["/y.png","/z.png"],"price":0,"list_price":5,"currency":"CNY","stock":0}]}`, string(o.sales["a"]))

			out, code = preload(t, o.URL, name, content)
			require.Zero(t, code, out)
			assert.Contains(t, out, "0 created, 0 loaded, 2 as they were")
		})
	}
}

func TestPreloadScriptLoadsNothingOfAFileWithABadRow(t *testing.T) {
	row := func(sku, price, stock, currency string) string {
		return "a,A,2026-11-11T12:00:00Z,2026-11-12T12:00:00Z,60," + sku + ",T,," + price + "," + currency + "," + stock + ",1\n"
	}
	for name, c := range map[string]struct{ file, content, want string }{
		"price is text":       {"s.csv", csvHeader + row("x", "1", "1", "CNY") + row("y", "cheap", "1", "CNY"), "row 3: price: must be a whole number"},
		"stock is negative":   {"s.csv", csvHeader + row("x", "1", "-1", "CNY"), "row 2: stock: must be a whole number from 0"},
		"item twice":          {"s.csv", csvHeader + row("x", "1", "1", "CNY") + row("x", "1", "1", "CNY"), `row 3: sku: "x" is there twice`},
		"two currencies":      {"s.csv", csvHeader + row("x", "1", "1", "CNY") + row("y", "1", "1", "EUR"), "row 3: currency: must be the same"},
		"two sales in one":    {"s.csv", csvHeader + row("x", "1", "1", "CNY") + strings.Replace(row("y", "1", "1", "CNY"), ",A,", ",B,", 1), `row 3: says something else of sale "a" than row 2 does`},
		"column missing":      {"s.csv", "sale_key\n", `column "sale_name" is missing`},
		"column unknown":      {"s.csv", "colour," + csvHeader, `unknown column "colour"`},
		"field missing":       {"s.csv", csvHeader + "a,A\n", "row 2: 2 fields, but 12 columns"},
		"open quote":          {"s.csv", csvHeader + `a,"A`, "row 2: a quote is not closed"},
		"empty":               {"s.csv", "", "the file is empty"},
		"no sale":             {"s.json", `{"sales":[]}`, "no sale in it"},
		"not JSON":            {"s.json", `{"sales":`, "nothing was loaded"},
		"two documents":       {"s.json", goodJSON + goodJSON, "must be one JSON document"},
		"another form":        {"s.json", `[]`, `must be {"sales": [...]}`},
		"unknown field":       {"s.json", strings.Replace(goodJSON, `"hold_seconds"`, `"hold"`, 1), "sales[0]: hold: is not a known field"},
		"relative times":      {"s.json", strings.Replace(goodJSON, `"starts_at":"2026-11-11T12:00:00.5Z"`, `"starts_in":"5s"`, 1), "sales[1]: starts_in: is for `seckill preload` alone"},
		"no key":              {"s.json", strings.Replace(goodJSON, `"key":"b",`, "", 1), "sales[1]: key: must be"},
		"one key for two":     {"s.json", strings.Replace(goodJSON, `"key":"b"`, `"key":"a"`, 1), `sales[1]: key: "a" is the key of two sales`},
		"item's field":        {"s.json", strings.Replace(goodJSON, `"currency":"EUR"`, `"currency":"eur"`, 1), "sales[1].items[0]: currency: must be an ISO 4217 code"},
		"part of a unit":      {"s.json", strings.Replace(goodJSON, `"stock":1`, `"stock":1.5`, 1), "sales[1].items[0]: stock: must be a whole number"},
		"time without a zone": {"s.json", strings.Replace(goodJSON, `12:00:00.5Z`, `12:00:00`, 1), "sales[1]: starts_at: must be a time"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOperators(t)
			out, code := preload(t, o.URL, c.file, c.content)
			assert.Equal(t, 1, code, out)
			assert.Contains(t, out, c.want)
			assert.Contains(t, out, "nothing was loaded")
			assert.Empty(t, o.calls, "something was sent")
		})
	}
}

func TestPreloadScriptTellsWhyTheServerRefuses(t *testing.T) {
	o := newOperators(t)
	out, code := preload(t, o.URL, "s.json", goodJSON, "SECKILL_ADMIN_TOKEN=wrong")
	assert.Equal(t, 1, code, out)
	assert.Contains(t, out, "the server says no (401): not an operator")

	_, code = preload(t, o.URL, "s.json", goodJSON)
	require.Zero(t, code)
	out, code = preload(t, o.URL, "s.json", strings.Replace(goodJSON, `"stock":5`, `"stock":6`, 1))
	assert.Equal(t, 1, code, out)
	assert.Contains(t, out, "(409): another sale has this key")
}

func TestPreloadScriptSaysWhenItCannotRun(t *testing.T) {
	o := newOperators(t)
	for name, c := range map[string]struct{ url, file, environ, want string }{
		"no server":    {"http://127.0.0.1:1", "s.json", "X=1", "does not answer"},
		"no token":     {o.URL, "s.json", "SECKILL_ADMIN_TOKEN=", "no admin token"},
		"another file": {o.URL, "s.yaml", "X=1", "must end in .json or .csv"},
		"broken token": {o.URL, "s.json", "SECKILL_ADMIN_TOKEN=a\nurl = x", "must be one line"},
	} {
		out, code := preload(t, c.url, c.file, goodJSON, c.environ)
		assert.Equal(t, 2, code, "%s: %s", name, out)
		assert.Contains(t, out, c.want, name)
	}
	assert.Empty(t, o.calls)
}
