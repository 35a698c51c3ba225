// Package ui holds the pages: what a buyer sees and a small operator page. They
// are plain ES modules, embedded as they are; there is no build step, and a
// page asks no other host for anything.
//
// The address of an asset carries a hash of all assets' content, so that a
// browser and a CDN may keep it for good and a new release is seen at once.
// All modules of a page go out as one, which its HTML names beside the style;
// the answer's header names the sale that the page is about. So all that a
// buyer needs is under way within one round trip of the HTML.
package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"
)

//go:embed pages assets
var files embed.FS

// ContentSecurityPolicy is what the pages need and no more. Scripts and styles
// come from this server's files alone, never from within a page.
const ContentSecurityPolicy = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const (
	forGood    = "public, max-age=31536000, immutable"
	askAgain   = "no-cache"
	versionVar = "{{version}}"
	loginVar   = "{{login}}"
)

// entries are the modules that the pages start with, one that works beside a page, and one
// that a page loads later: behind that page, and naming it.
var entries = []struct{ module, page string }{{"buyer/app.js", ""}, {"admin/app.js", ""}, {"draw/app.js", ""}, {"draw/worker.js", ""}, {"queue/app.js", "buyer/app.js"}}

// contentTypes are fixed here, since the machine's own table may say otherwise
// and a browser refuses a module of the wrong type.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
	".txt":  "text/plain; charset=utf-8",
}

// The pages' own addresses. An id is digits, so that a mistyped address is a
// 404 and not an empty page.
var buyerPaths = regexp.MustCompile(`^/(sales/[0-9]{1,19}|orders(/[0-9]{1,19})?)?$`)

// Of these, the ones that show what everybody may read: /, and one sale.
var salePaths = regexp.MustCompile(`^/(sales/[0-9]{1,19})?$`)

// drawPaths are those of how a sale's units were drawn.
var drawPaths = regexp.MustCompile(`^/sales/[0-9]{1,19}/draw$`)

var adminPaths = regexp.MustCompile(`^/admin(/(new|import|orders(/[0-9]{1,19})?|goods(/[A-Za-z0-9][A-Za-z0-9._-]{0,63})?|goods-import|messages|refunds|system|sales/[0-9]{1,19}(/(edit|copy|orders|waitlist|log|rehearse))?))?$`)

// file is one embedded file, ready to be sent.
type file struct {
	contentType string
	plain, gzip []byte
	tag         string // of the plain bytes; the compressed ones' has a suffix
}

// Handler serves the buyer's page at /, /sales/{id}, /orders and /orders/{id}, a draw's at
// /sales/{id}/draw, the operator's at /admin and below it, and what they load below /assets/. Everything else
// is a 404, which a browser is told by the buyer's page with a way on. It answers GET and
// HEAD. loginURL is where the shop signs buyers in; empty: the pages do, or nobody does.
func Handler(loginURL string) http.Handler {
	assets, version := loadAssets()
	index, admin, draw := loadPage("index.html", version, loginURL), loadPage("admin.html", version, loginURL), loadPage("draw.html", version, loginURL)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setSecurity(w.Header())
		name, isAsset := strings.CutPrefix(r.URL.Path, "/assets/")
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		case isAsset:
			serveAsset(w, r, assets, name, version)
		case buyerPaths.MatchString(r.URL.Path):
			nameSale(w.Header(), r.URL.Path)
			index.serve(w, r, askAgain)
		case drawPaths.MatchString(r.URL.Path):
			draw.serve(w, r, askAgain)
		case adminPaths.MatchString(r.URL.Path):
			admin.serve(w, r, askAgain)
		case r.URL.Path == "/favicon.ico":
			assets["icon.svg"].serve(w, r, askAgain)
		case strings.Contains(r.Header.Get("Accept"), "text/html"):
			index.send(w, r, http.StatusNotFound, "no-store")
		default:
			http.NotFound(w, r)
		}
	})
}

func setSecurity(h http.Header) {
	h.Set("Content-Security-Policy", ContentSecurityPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	// An order's address says nothing to other hosts, a payment page included.
	h.Set("Referrer-Policy", "same-origin")
}

// nameSale lets the browser ask for what the page will show before the page's
// script has come and can ask: half of the wait on a slow network.
func nameSale(h http.Header, page string) {
	if salePaths.MatchString(page) {
		h.Set("Link", "</api/v1/sales"+strings.TrimPrefix(strings.TrimSuffix(page, "/"), "/sales")+">; rel=preload; as=fetch; crossorigin")
	}
}

// serveAsset answers /assets/{name} and /assets/{version}/{name}. In the middle
// of a rollout a page may ask this process for another release's version; it
// gets the present file, which nobody may keep.
func serveAsset(w http.ResponseWriter, r *http.Request, assets map[string]*file, name, version string) {
	caching := askAgain
	if asked, rest, ok := strings.Cut(name, "/"); ok && isVersion(asked) {
		name = rest
		if asked == version {
			caching = forGood
		}
	}
	f, ok := assets[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	f.serve(w, r, caching)
}

func (f *file) serve(w http.ResponseWriter, r *http.Request, caching string) {
	tag := f.tag
	if f.packedFor(r) {
		tag += "-gzip"
	}
	if caching != forGood { // what never changes is never asked about
		w.Header().Set("ETag", `"`+tag+`"`)
	}
	if matches(r.Header.Get("If-None-Match"), tag) {
		f.describe(w.Header(), caching)
		w.WriteHeader(http.StatusNotModified)
		return
	}
	f.send(w, r, http.StatusOK, caching)
}

func (f *file) packedFor(r *http.Request) bool { return f.gzip != nil && acceptsGzip(r) }

func (f *file) describe(h http.Header, caching string) {
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", caching)
	h.Set("Vary", "Accept-Encoding")
}

// send answers with the file, whatever the client may have of it.
func (f *file) send(w http.ResponseWriter, r *http.Request, status int, caching string) {
	h, body := w.Header(), f.plain
	f.describe(h, caching)
	if f.packedFor(r) {
		body = f.gzip
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the reader is gone; there is nobody to tell
	}
}

func acceptsGzip(r *http.Request) bool {
	for one := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, q, _ := strings.Cut(strings.TrimSpace(one), ";")
		if coding == "gzip" && strings.ReplaceAll(q, " ", "") != "q=0" {
			return true
		}
	}
	return false
}

func matches(ifNoneMatch, tag string) bool {
	for one := range strings.SplitSeq(ifNoneMatch, ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
		if one == "*" || one == `"`+tag+`"` {
			return true
		}
	}
	return false
}

// loadAssets reads every asset; the version changes when any of them does.
func loadAssets() (assets map[string]*file, version string) {
	assets = make(map[string]*file)
	all := sha256.New()
	err := fs.WalkDir(files, "assets", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		short := strings.TrimPrefix(name, "assets/")
		assets[short] = newFile(short, content)
		fmt.Fprintf(all, "%s %s\n", short, assets[short].tag)
		return nil
	})
	if err != nil {
		panic("ui: embedded assets: " + err.Error()) // cannot happen: they are part of the binary
	}
	made := make(map[string]bundled, len(entries))
	for _, entry := range entries {
		module, err := bundle(entry.module, made[entry.page])
		if err != nil {
			panic("ui: bundle: " + err.Error()) // cannot happen: it is the same at every start
		}
		made[entry.module] = module
		assets[entry.module] = newFile(entry.module, module.code)
		fmt.Fprintf(all, "%s %s\n", entry.module, assets[entry.module].tag)
	}
	return assets, hex.EncodeToString(all.Sum(nil))[:versionLength]
}

const versionLength = 16

func isVersion(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && len(s) == versionLength
}

func loadPage(name, version, loginURL string) *file {
	content, err := files.ReadFile("pages/" + name)
	if err != nil {
		panic("ui: embedded page: " + err.Error())
	}
	fill := strings.NewReplacer(versionVar, version, loginVar, html.EscapeString(loginURL))
	return newFile(name, []byte(fill.Replace(string(content))))
}

func newFile(name string, content []byte) *file {
	sum := sha256.Sum256(content)
	f := &file{
		contentType: contentTypes[path.Ext(name)],
		plain:       content,
		tag:         hex.EncodeToString(sum[:12]),
	}
	if f.contentType == "" {
		panic("ui: no content type for " + name)
	}
	if packed := compress(content); len(packed) < len(content) {
		f.gzip = packed
	}
	return f
}

// packers are used again, since each takes a megabyte.
var packers = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestCompression) // fails on an unknown level alone
	return w
}}

func compress(content []byte) []byte {
	var b bytes.Buffer
	w := packers.Get().(*gzip.Writer)
	defer packers.Put(w)
	w.Reset(&b)
	_, _ = w.Write(content) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}
