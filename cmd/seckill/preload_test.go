package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/testkit"
)

// preload runs the command on a file of that name and content.
func preload(t *testing.T, name, content string, options ...string) (out string, err error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	cmd := preloadCommand(&configFlags{})
	var b bytes.Buffer
	cmd.SetOut(&b)
	cmd.SetErr(&b)
	cmd.SetArgs(append(options, file))
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	err = cmd.ExecuteContext(t.Context())
	return b.String(), err
}

func TestPreloadGuessesNoValue(t *testing.T) {
	for _, v := range testkit.SaleValues() {
		files := map[string]string{"x.yaml": v.YAML(), "x.json": v.JSON()}
		if v.InCSV() {
			files["x.csv"] = v.CSV()
		}
		for name, content := range files {
			out, err := preload(t, name, content, "--dry-run")
			if v.Taken {
				require.NoError(t, err, "%s %v", name, v)
				require.Contains(t, out, "nothing was loaded: it is a dry run")
				continue
			}
			require.ErrorContains(t, err, "nothing was loaded", "%s %v", name, v)
			require.Equal(t, exitNo, exitCode(err))
		}
	}
}

const file = `sales:
- key: spring
  name: Spring
  starts_at: 2060-01-01T00:00:00Z
  ends_at: 2060-01-02T00:00:00Z
  items:
  - {sku: phone-1, title: Phone, price: 18800, list_price: 19900, currency: CNY, stock: 5, limit_per_buyer: 2}
  - {sku: gift-1, title: Gift, price: 0, currency: CNY, stock: 5}
`

func TestPreloadShowsMoneyBeforeItLoads(t *testing.T) {
	out, err := preload(t, "x.yaml", file, "--dry-run")
	require.NoError(t, err)
	require.Contains(t, out, "Spring (spring), 2060-01-01T00:00:00Z to 2060-01-02T00:00:00Z, 15m0s to pay\n")
	require.Contains(t, out, "  phone-1: 188.00 CNY instead of 199.00 CNY, 5 units, at most 2 a buyer: Phone\n")
	require.Contains(t, out, "  gift-1: free, 5 units, at most 1 a buyer: Gift\n")

	out, err = preload(t, "x.yaml", strings.ReplaceAll(file, "CNY", "JPY"), "--dry-run")
	require.NoError(t, err)
	require.Contains(t, out, "18800 JPY instead of 19900 JPY")
}

// operatorsAPI knows the sale spring with a price of 19900, and refuses it with
// another one.
func operatorsAPI(t *testing.T) (url string, calls *[]string) {
	calls = &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*calls = append(*calls, r.Method+" "+r.URL.RequestURI())
		spring := map[string]any{"id": "7", "key": "spring", "name": "Spring", "state": "ready", "starts_at": "2060-01-01T00:00:00.000Z", "ends_at": "2060-01-02T00:00:00.000Z",
			"hold_seconds": 900, "items": []any{map[string]any{"sku": "phone-1", "title": "Phone", "price": 19900, "list_price": 19900, "currency": "CNY", "stock": 5, "limit_per_buyer": 2},
				map[string]any{"sku": "gift-1", "title": "Gift", "price": 0, "currency": "CNY", "stock": 5, "limit_per_buyer": 1}}}
		switch key := r.URL.Query().Get("key"); {
		case r.Method == "GET" && key == "spring":
			_ = json.NewEncoder(w).Encode(map[string]any{"sales": []any{spring}})
		case r.Method == "GET":
			_ = json.NewEncoder(w).Encode(map[string]any{"sales": []any{}})
		default:
			w.WriteHeader(http.StatusConflict)
			_ = json.NewEncoder(w).Encode(map[string]any{"status": 409, "code": "conflict", "detail": "other content"})
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, calls
}

func TestAConflictSaysWhatDiffers(t *testing.T) {
	url, _ := operatorsAPI(t)
	out, err := preload(t, "x.yaml", file, "--url="+url, "--token=x")
	require.ErrorContains(t, err, `sale "spring": its key stands for a sale with other content: price of phone-1: 19900 here, 18800 in the file`)
	require.Equal(t, exitNo, exitCode(err))
	require.Contains(t, out, "phone-1: 188.00 CNY", "it is shown before")
}

func TestASaleThatIsOverHasToBeMeant(t *testing.T) {
	past := strings.ReplaceAll(strings.ReplaceAll(file, "2060", "2025"), "key: spring", "key: other")
	url, calls := operatorsAPI(t)
	for _, options := range [][]string{{"--dry-run"}, {"--url=" + url, "--token=x"}} {
		_, err := preload(t, "x.yaml", past, options...)
		require.ErrorContains(t, err, "line 2: ends_at: the sale is over since 2025-01-02T00:00:00Z; mend its times, or load it with --past")
		require.Equal(t, exitNo, exitCode(err))
	}
	require.Equal(t, []string{"GET /api/v1/admin/sales?key=other"}, *calls, "nothing is sent")
	_, err := preload(t, "x.yaml", past, "--dry-run", "--past")
	require.NoError(t, err)

	// What is there already is left as it is, and not refused.
	_, err = preload(t, "x.yaml", strings.ReplaceAll(file, "2060", "2025"), "--url="+url, "--token=x")
	require.ErrorContains(t, err, "ends_at: 2060-01-02T00:00:00Z here, 2025-01-02T00:00:00Z in the file")
}

func TestAMistypedFieldIsToldWhatWasMeant(t *testing.T) {
	_, err := preload(t, "x.yaml", strings.Replace(file, "stock: 5, limit", "stok: 5, limit", 1), "--dry-run")
	require.ErrorContains(t, err, `item 1: "stok" is not a field; did you mean "stock"?`)
	require.NotContains(t, err.Error(), "yamlItem")
}

// A file may be loaded again long after: relative times are those of the first time.
func TestRelativeTimesAreToldAsSuch(t *testing.T) {
	relative := strings.NewReplacer("starts_at: 2060-01-01T00:00:00Z", "starts_in: +15m", "ends_at: 2060-01-02T00:00:00Z", "lasts: 24h").Replace(file)
	out, err := preload(t, "x.yaml", relative, "--dry-run")
	require.NoError(t, err)
	require.Contains(t, out, "from "+(15*time.Minute).String()+" after it is created, for "+(24*time.Hour).String())
}
