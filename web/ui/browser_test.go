package ui_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience bounds every wait for a page on a slow machine.
const patience = 60 * time.Second

// browser is one tab of a fresh chromium, and what its console complained of.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu      sync.Mutex
	trouble []string
}

func openBrowser(t *testing.T, width, height int64, flags ...chromedp.ExecAllocatorOption) *browser {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a browser")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:len(chromedp.DefaultExecAllocatorOptions):len(chromedp.DefaultExecAllocatorOptions)],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(patience),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), append(options, flags...)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx}
	// The first call starts the browser, which lives as long as its context.
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
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		require.NoError(b.t, err, "console: %v", b.trouble)
	}
}

func ask[T any](b *browser, a chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	got, err := chromedp.Run(ctx, a)
	require.NoError(b.t, err)
	return got
}

// hook selects by what the pages keep for tests.
func hook(name string) chromedp.CSS { return chromedp.CSS(`[data-testid="` + name + `"]`) }

func (b *browser) open(url string)            { b.t.Helper(); b.do(chromedp.Navigate(url)) }
func (b *browser) see(s chromedp.CSS)         { b.t.Helper(); b.do(chromedp.WaitVisible(s)) }
func (b *browser) text(s chromedp.CSS) string { b.t.Helper(); return ask(b, chromedp.Text(s)) }
func (b *browser) click(selector chromedp.CSS) {
	b.t.Helper()
	b.do(chromedp.Click(selector, chromedp.NodeVisible, chromedp.NodeEnabled))
}

// clean asserts that no script failed and that the policy had nothing to block,
// which any request to another host would be.
func (b *browser) clean() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(b.t, b.trouble)
}

// picture keeps a picture of the whole page where SECKILL_TEST_SCREENSHOTS says.
func (b *browser) picture(name string) {
	b.t.Helper()
	if dir := os.Getenv("SECKILL_TEST_SCREENSHOTS"); dir != "" {
		png := ask(b, chromedp.FullScreenshot(100))
		require.NoError(b.t, os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644))
	}
}
