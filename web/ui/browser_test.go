package ui_test

import (
	"bytes"
	"context"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/tab"
	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// patience bounds every wait for a page on a slow machine.
const patience = 60 * time.Second

// device is what a browser runs on. Each is one browser process for all tests.
type device struct {
	dark     bool
	language string // as the person has it set
}

var (
	plain = device{language: "en-GB"}
	night = device{dark: true, language: "zh-CN"}
)

// browsers are started when first needed and end with the tests.
var browsers = struct {
	sync.Mutex
	open  map[device]context.Context
	close []func()
}{open: map[device]context.Context{}}

func TestMain(m *testing.M) {
	testkit.AtOnce(3) // pages count down, and wait before they try again
	code := m.Run()
	for _, end := range browsers.close {
		end()
	}
	os.Exit(code)
}

// browserOf gives the context of a device's browser.
func browserOf(t *testing.T, d device) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a browser")
	}
	path := testkit.Chromium(t)
	browsers.Lock()
	defer browsers.Unlock()
	if ctx, running := browsers.open[d]; running {
		return ctx
	}
	profile, err := os.MkdirTemp("", "seckill-browser-")
	require.NoError(t, err)
	colours := "1"
	if d.dark {
		colours = "0"
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:len(chromedp.DefaultExecAllocatorOptions):len(chromedp.DefaultExecAllocatorOptions)],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(profile), chromedp.WSURLReadTimeout(patience),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("ignore-certificate-errors", true), // a test's own server has no better one
		chromedp.Flag("force-prefers-reduced-motion", true),
		chromedp.Flag("accept-lang", d.language), chromedp.Flag("blink-settings", "preferredColorScheme="+colours))
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(allocator)
	require.NoError(t, chromedp.Do(ctx)) // starts it
	browsers.open[d] = ctx
	browsers.close = append(browsers.close, func() { end(); endAllocator(); _ = os.RemoveAll(profile) })
	return ctx
}

// browser is one tab, and what its console complained of.
type browser struct {
	t   *testing.T
	ctx context.Context

	close context.CancelFunc

	mu      sync.Mutex
	trouble []string
}

// openBrowser opens a tab with storage of its own.
func openBrowser(t *testing.T, width, height int64) *browser {
	t.Helper()
	return openOn(t, plain, width, height)
}

func openOn(t *testing.T, d device, width, height int64) *browser {
	t.Helper()
	return openTab(t, browserOf(t, d), width, height, chromedp.WithNewBrowserContext())
}

// openTab opens another tab beside one that is there, with the same storage.
func (b *browser) openTab() *browser {
	b.t.Helper()
	size := ask(b, chromedp.Evaluate[[]int64](`[innerWidth, innerHeight]`))
	return openTab(b.t, b.ctx, size[0], size[1])
}

func openTab(t *testing.T, parent context.Context, width, height int64, options ...chromedp.ContextOption) *browser {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent, options...)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx, close: cancel}
	// The first call makes the tab, which lives as long as its context.
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, height)))
	go b.listen()
	return b
}

// listen keeps script errors and what the policy blocked. What the server
// refuses is in the console as well; that is no trouble.
func (b *browser) listen() {
	for m, err := range chromedp.Console(b.ctx) {
		if err != nil {
			return
		}
		if m.IsException() || m.Type == "error" && m.Source != "network" {
			b.mu.Lock()
			b.trouble = append(b.trouble, m.String())
			b.mu.Unlock()
		}
	}
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := tab.Do(ctx, steps...); err != nil {
		text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText`))
		b.mu.Lock()
		defer b.mu.Unlock()
		require.NoError(b.t, err, "console: %v; the page says:\n%s", b.trouble, text)
	}
}

func ask[T any](b *browser, a chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	got, err := tab.Ask(ctx, a)
	require.NoError(b.t, err)
	return got
}

// hook selects by what the pages keep for tests.
func hook(name string) chromedp.CSS { return chromedp.CSS(`[data-testid="` + name + `"]`) }

// status selects an order's heading in a state.
func status(s string) chromedp.CSS {
	return hook("order-status") + chromedp.CSS(`[data-status="`+s+`"]`)
}

const armed = chromedp.CSS(`[data-testid="buy"][data-armed]`)

func (b *browser) open(url string)            { b.t.Helper(); b.do(chromedp.Navigate(url)) }
func (b *browser) reload()                    { b.t.Helper(); b.do(chromedp.Reload()) }
func (b *browser) see(s chromedp.CSS)         { b.t.Helper(); b.do(chromedp.WaitVisible(s)) }
func (b *browser) text(s chromedp.CSS) string { b.t.Helper(); return ask(b, chromedp.Text(s)) }
func (b *browser) click(selector chromedp.CSS) {
	b.t.Helper()
	b.do(chromedp.Click(selector, chromedp.NodeVisible, chromedp.NodeEnabled))
}

// reads waits until what a selector finds has a text, since a page may draw itself in
// steps; has until it has a part of it, matches until it matches.
func (b *browser) reads(s chromedp.CSS, want string, why ...any) {
	b.t.Helper()
	b.textIs(s, want, func(text string) bool { return text == want }, why)
}

func (b *browser) has(s chromedp.CSS, part string, why ...any) {
	b.t.Helper()
	b.textIs(s, part, func(text string) bool { return strings.Contains(text, part) }, why)
}

func (b *browser) matches(s chromedp.CSS, expression string, why ...any) {
	b.t.Helper()
	b.textIs(s, expression, regexp.MustCompile(expression).MatchString, why)
}

func (b *browser) textIs(s chromedp.CSS, want string, is func(string) bool, why []any) {
	b.t.Helper()
	said := ""
	defer func() {
		if !is(said) {
			b.t.Logf("%s says %q, not %q %v", s, said, want, why)
		}
	}()
	testkit.Eventually(b.t, func() bool { said = b.text(s); return is(said) }, "a page says what it should")
}

// js gives the value of an expression in the page.
func js[T any](b *browser, expression string) T {
	b.t.Helper()
	return ask(b, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// until waits for an expression in the page to be true. A page that is being left
// answers with an error, and the next one is asked.
func (b *browser) until(expression string, why ...any) {
	b.t.Helper()
	require.Eventually(b.t, func() bool {
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		defer cancel()
		so, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`Boolean(`+expression+`)`, chromedp.EvalAwaitPromise))
		return err == nil && so
	}, patience, 50*time.Millisecond, why...)
}

// clean asserts that no script failed and that the policy had nothing to block,
// which any request to another host would be.
func (b *browser) clean() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(b.t, b.trouble)
}

// fits asserts that nothing is wider than the page.
func (b *browser) fits() {
	b.t.Helper()
	wide := js[[]int](b, `[document.documentElement.scrollWidth, innerWidth]`)
	require.LessOrEqual(b.t, wide[0], wide[1], "the page is wider than its window")
}

// picture keeps a picture of the whole page, or of what its window shows.
func (b *browser) picture(dir, name string, whole bool) {
	b.t.Helper()
	require.NoError(b.t, os.MkdirAll(dir, 0o755))
	js[any](b, `document.activeElement?.blur(), document.querySelector('dialog[open]') || scrollTo(0, 0)`)
	shot := chromedp.CaptureScreenshot()
	if whole {
		// As on a screen that is high enough: what sticks to its edge is then at the end.
		size := js[[]int64](b, `[innerWidth, Math.max(innerHeight, document.documentElement.scrollHeight)]`)
		b.do(chromedp.EmulateViewport(size[0], size[1]))
		shot = chromedp.FullScreenshot(100)
	}
	seen, err := png.Decode(bytes.NewReader(ask(b, shot)))
	require.NoError(b.t, err)
	var file bytes.Buffer // a third of the size that a PNG has
	require.NoError(b.t, jpeg.Encode(&file, seen, &jpeg.Options{Quality: 85}))
	require.NoError(b.t, os.WriteFile(filepath.Join(dir, name+".jpg"), file.Bytes(), 0o644))
}
