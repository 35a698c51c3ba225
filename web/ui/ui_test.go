package ui_test

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/web/ui"
)

func get(t *testing.T, target string, header ...string) *http.Response {
	t.Helper()
	return send(t, http.MethodGet, target, header...)
}

// handler is made once: making it packs every file.
var handler = sync.OnceValue(func() http.Handler { return ui.Handler("") })

func send(t *testing.T, method, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, resp *http.Response) string {
	t.Helper()
	all, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(all)
}

func TestEachAddressHasItsPage(t *testing.T) {
	t.Parallel()
	cases := []struct {
		path   string
		status int
		holds  string
	}{
		{"/", 200, "buyer/app.js"},
		{"/sales/7001", 200, "buyer/app.js"},
		{"/sales/7001/draw", 200, "draw/app.js"},
		{"/orders", 200, "buyer/app.js"},
		{"/orders/9001", 200, "buyer/app.js"},
		{"/orders/9001?paid=1", 200, "buyer/app.js"},
		{"/admin", 200, "admin/app.js"},
		{"/favicon.ico", 200, "<svg"},
		{"/assets/buyer/app.js", 200, "/api/v1/sales"},
		{"/sales", 404, ""},
		{"/sales/", 404, ""},
		{"/sales/abc", 404, ""},
		{"/sales/1/2", 404, ""},
		{"/sales/draw", 404, ""},
		{"/sales/7001/draw/", 404, ""},
		{"/sales/12345678901234567890", 404, ""},
		{"/orders/", 404, ""},
		{"/admin/", 404, ""},
		{"/index.html", 404, ""},
		{"/assets/", 404, ""},
		{"/assets/nothing.js", 404, ""},
		{"/assets/../pages/index.html", 404, ""},
		{"/assets/0123456789abcdef/nothing.js", 404, ""},
		{"/api/v1/nothing", 404, ""},
	}
	for _, c := range cases {
		t.Run(c.path, func(t *testing.T) {
			resp := get(t, c.path)
			assert.Equal(t, c.status, resp.StatusCode)
			assert.Contains(t, body(t, resp), c.holds)
			assert.Equal(t, ui.ContentSecurityPolicy, resp.Header.Get("Content-Security-Policy"))
			assert.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"))
		})
	}
}

// Who mistyped an address in a browser gets a page with a way on, and still a 404.
func TestABrowserGetsAPageForAnAddressThatIsNone(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/sales/abc", "/nothing", "/orders/", "/admin/nothing", "/index.html"} {
		resp := get(t, path, "Accept", "text/html,application/xhtml+xml,*/*;q=0.8", "If-None-Match", "*")
		assert.Equal(t, http.StatusNotFound, resp.StatusCode, path)
		assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"), path)
		assert.Empty(t, resp.Header.Get("Link"), path)
		assert.Contains(t, body(t, resp), "buyer/app.js", path)
	}
	for _, path := range []string{"/assets/nothing.js", "/nothing"} {
		assert.Contains(t, body(t, get(t, path, "Accept", "*/*")), "404 page not found", path)
	}
}

func TestOnlyReadingIsAnswered(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
		resp := send(t, method, "/")
		assert.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode, method)
		assert.Equal(t, "GET, HEAD", resp.Header.Get("Allow"))
	}
	resp := send(t, http.MethodHead, "/")
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.NotEmpty(t, resp.Header.Get("Content-Length"))
	assert.Empty(t, body(t, resp))
}

var assetLink = regexp.MustCompile(`/assets/[0-9a-f]{16}/[a-z0-9_/-]+\.[a-z]+`)

func TestWhatAPageLinksIsThereAndMayBeKeptForGood(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"/", "/admin", "/sales/7001/draw"} {
		html := body(t, get(t, page))
		links := assetLink.FindAllString(html, -1)
		require.NotEmpty(t, links)
		assert.NotContains(t, html, "{{")
		for _, link := range links {
			resp := get(t, link)
			assert.Equal(t, http.StatusOK, resp.StatusCode, link)
			assert.Contains(t, resp.Header.Get("Cache-Control"), "immutable")
		}
	}
}

var imported = regexp.MustCompile(`\b(?:from|import) ?["']([\w@./-]+)["']`)

func TestModulesImportWhatIsThere(t *testing.T) {
	t.Parallel()
	for name, content := range sources(t) {
		if path.Ext(name) != ".js" {
			continue
		}
		for _, m := range imported.FindAllStringSubmatch(content, -1) {
			require.True(t, strings.HasPrefix(m[1], "."), "%s imports %s: a path of its own version", name, m[1])
			resp := get(t, "/"+path.Join(path.Dir(name), m[1]))
			assert.Equal(t, http.StatusOK, resp.StatusCode, "%s imports %s", name, m[1])
			assert.Equal(t, "text/javascript; charset=utf-8", resp.Header.Get("Content-Type"))
		}
	}
}

func TestAnUnchangedFileIsNotSentAgain(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/", "/assets/style/app.css"} {
		first := get(t, path)
		tag := first.Header.Get("ETag")
		require.Regexp(t, `^"[0-9a-f]+"$`, tag)
		assert.Equal(t, "no-cache", first.Header.Get("Cache-Control"))
		for _, asked := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
			again := get(t, path, "If-None-Match", asked)
			assert.Equal(t, http.StatusNotModified, again.StatusCode, asked)
			assert.Equal(t, tag, again.Header.Get("ETag"))
			assert.Empty(t, body(t, again))
		}
		assert.Equal(t, http.StatusOK, get(t, path, "If-None-Match", `"x"`).StatusCode)
	}
}

func TestAnotherReleasesAddressGivesThePresentFileUnkept(t *testing.T) {
	t.Parallel()
	resp := get(t, "/assets/0123456789abcdef/buyer/app.js")
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "no-cache", resp.Header.Get("Cache-Control"))
	assert.Equal(t, body(t, get(t, "/assets/buyer/app.js")), body(t, resp))
}

func TestFilesArePackedForWhoTakesThat(t *testing.T) {
	t.Parallel()
	plain := get(t, "/assets/buyer/app.js")
	assert.Equal(t, "Accept-Encoding", plain.Header.Get("Vary"))
	want := body(t, plain)
	for accepts, packed := range map[string]bool{"gzip": true, "br, gzip;q=0.5": true, "gzip;q=0": false, "br": false} {
		resp := get(t, "/assets/buyer/app.js", "Accept-Encoding", accepts)
		require.Equal(t, packed, resp.Header.Get("Content-Encoding") == "gzip", accepts)
		if !packed {
			continue
		}
		assert.NotEqual(t, plain.Header.Get("ETag"), resp.Header.Get("ETag"), "other bytes, another tag")
		r, err := gzip.NewReader(resp.Body)
		require.NoError(t, err)
		got, err := io.ReadAll(r)
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
	}
}

// The buyer's page has to arrive in a crowd on a phone: all that it loads, with
// its HTML, packed, in few files, and none of it named by another file first.
func TestTheBuyersPageIsSmallAndNamesAllThatItNeeds(t *testing.T) {
	t.Parallel()
	page := get(t, "/sales/7001", "Accept-Encoding", "gzip")
	assert.Equal(t, "</api/v1/sales/7001>; rel=preload; as=fetch; crossorigin", page.Header.Get("Link"))
	assert.Equal(t, "</api/v1/sales>; rel=preload; as=fetch; crossorigin", get(t, "/").Header.Get("Link"))
	assert.Empty(t, get(t, "/orders/9001").Header.Get("Link"), "an order is its buyer's alone")
	total := len(body(t, page))
	named := assetLink.FindAllString(body(t, get(t, "/sales/7001")), -1)
	require.Len(t, named, 3, "the script, the style, the icon")
	for _, link := range named {
		total += len(body(t, get(t, link, "Accept-Encoding", "gzip")))
		if path.Ext(link) == ".js" {
			assert.NotRegexp(t, `(?m)(^|;)import\b`, body(t, get(t, link)), "it waits for no other module")
		}
	}
	t.Logf("%d bytes in %d files", total, len(named)+1)
	assert.Less(t, total, 44<<10, "bytes, packed; TestTheBuyPageOverTheWire counts the rest")
}

func TestFilesHoldNothingThatThePolicyForbids(t *testing.T) {
	t.Parallel()
	inPages := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+\s*=|javascript:|<script(\s[^>]*)?>\s*\S+?\s*</script>`)
	inScripts := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\('style'|import\('https?:`)
	elsewhere := regexp.MustCompile(`https?://[^'"\s)]+`)
	for name, content := range sources(t) {
		if strings.HasPrefix(name, "assets/vendor/") {
			continue // its own rules; the policy holds for it in the browser
		}
		switch path.Ext(name) {
		case ".html":
			assert.NotRegexp(t, inPages, content, name)
		case ".js":
			assert.NotRegexp(t, inScripts, content, name)
		case ".css":
			assert.NotRegexp(t, `@import|url\(`, content, name)
		}
		for _, address := range elsewhere.FindAllString(content, -1) {
			if name == "assets/draw/published.js" && address == "https://api.drand.sh" {
				continue // a link for who wants to look: the page itself asks nothing there
			}
			assert.Equal(t, "http://www.w3.org/2000/svg", address, "%s names another host", name)
		}
	}
	assert.NotContains(t, ui.ContentSecurityPolicy, "unsafe")
}

// sources gives the pages and assets by their path, the vendored ones included.
func sources(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, dir := range []string{"assets", "pages"} {
		err := fs.WalkDir(os.DirFS("."), dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			content, err := os.ReadFile(name)
			all[name] = string(content)
			return err
		})
		require.NoError(t, err)
	}
	require.NotEmpty(t, all)
	return all
}
