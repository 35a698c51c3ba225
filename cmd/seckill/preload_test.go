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

	"github.com/seckill-go/seckill/internal/proof/testkit"
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

	require.NotContains(t, out, "warning")
	pictured := strings.Replace(file, "title: Phone,", "title: Phone, image_url: https://cdn.example.com/a.png, images: [/b.png, http://shop.example.com/c.png],", 1)
	out, err = preload(t, "x.yaml", pictured, "--dry-run")
	require.NoError(t, err)
	require.Contains(t, out, "warning: 2 pictures from cdn.example.com, shop.example.com; pages show pictures of their own address alone")

	out, err = preload(t, "x.yaml", strings.ReplaceAll(file, "CNY", "JPY"), "--dry-run")
	require.NoError(t, err)
	require.Contains(t, out, "18800 JPY instead of 19900 JPY")
}

// operatorsAPI is the import of a server that has the sale spring with a price of
// 19900 and an unchanged sale of the key old; calls are those that change something.
func operatorsAPI(t *testing.T) (url string, calls *[]string) {
	calls = &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("apply") != "false" {
			*calls = append(*calls, r.Method+" "+r.URL.RequestURI())
		}
		var file struct{ Sales []map[string]any }
		if json.NewDecoder(r.Body).Decode(&file) != nil {
			return // a preload
		}
		answer := map[string]any{"action": "create", "sale": map[string]any{"id": "7", "state": "draft"}}
		switch file.Sales[0]["key"] {
		case "spring":
			answer["action"], answer["differences"] = "conflict", []any{map[string]any{"field": "price", "sku": "phone-1", "here": "19900", "there": "18800"}}
		case "old":
			answer["action"], answer["sale"] = "unchanged", map[string]any{"id": "7", "state": "closed"}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"sales": []any{answer}})
	}))
	t.Cleanup(server.Close)
	return server.URL, calls
}

func TestAConflictSaysWhatDiffersAndLoadsNothingOfTheFile(t *testing.T) {
	url, calls := operatorsAPI(t)
	first := strings.Replace(file, "key: spring", "key: new", 1)
	out, err := preload(t, "x.yaml", first+strings.TrimPrefix(file, "sales:\n"), "--url="+url, "--token=x")
	require.ErrorContains(t, err, "x.yaml: nothing was loaded:\nsale \"spring\": its key stands for a sale with other content: price of phone-1: 19900 here, 18800 in the file")
	require.Equal(t, exitNo, exitCode(err))
	require.Empty(t, *calls)
	require.Contains(t, out, "phone-1: 188.00 CNY", "it is shown before")
	out, err = preload(t, "x.yaml", first, "--url="+url, "--token=x")
	require.NoError(t, err)
	require.Contains(t, out, "1 sale with 2 items: 1 created, 1 loaded, 0 as they were\n")
	require.Equal(t, []string{"POST /api/v1/admin/sales/import?apply=true&past=true", "POST /api/v1/admin/sales/7/preload"}, *calls)
}

func TestASaleThatIsOverHasToBeMeant(t *testing.T) {
	past := strings.ReplaceAll(strings.ReplaceAll(file, "2060", "2025"), "key: spring", "key: other")
	url, calls := operatorsAPI(t)
	for _, options := range [][]string{{"--dry-run"}, {"--url=" + url, "--token=x"}} {
		_, err := preload(t, "x.yaml", past, options...)
		require.ErrorContains(t, err, "line 5: ends_at: the sale is over since 2025-01-02T00:00:00Z; mend its times, or load it with --past")
		require.Equal(t, exitNo, exitCode(err))
	}
	require.Empty(t, *calls, "nothing is loaded")
	_, err := preload(t, "x.yaml", past, "--dry-run", "--past")
	require.NoError(t, err)

	// What is there already is left as it is, and not refused.
	out, err := preload(t, "x.yaml", strings.ReplaceAll(past, "key: other", "key: old"), "--url="+url, "--token=x")
	require.NoError(t, err)
	require.Contains(t, out, "0 created, 0 loaded, 1 as they were")
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
