package e2e

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/tab"
	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// browserTurns is how many walks in a browser there are; each costs as much as ten other
// tests, and web/ui walks the same pages over a service that is made up.
const browserTurns = 5

// browser opens a headless Chromium with a profile of its own.
func browser(t *testing.T, width, height int) context.Context {
	ctx, cancel := chromedp.NewExecAllocator(context.Background(),
		chromedp.Headless, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.ExecPath(testkit.Chromium(t)), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-quic", true),
		// A picture in the middle of a transition shows nobody anything.
		chromedp.Flag("force-prefers-reduced-motion", true),
		chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(width, height),
		chromedp.WSURLReadTimeout(startsWithin),
	)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(t.Logf))
	t.Cleanup(cancel)
	// The browser lives as long as the context that it was first used with.
	require.NoError(t, chromedp.Do(ctx))
	return ctx
}

// see takes a screenshot into $SECKILL_SCREENSHOTS, else a temporary folder.
func see(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	require.NoError(t, err)
	require.NotEmpty(t, png)
	dir := os.Getenv("SECKILL_SCREENSHOTS")
	if dir == "" {
		dir = t.TempDir()
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644))
}

// browserStep is far longer than any step takes, the wait for the sale to open
// included.
const browserStep = 90 * time.Second

func testID(id string) string { return `[data-testid="` + id + `"]` }

// A newcomer starts the program on an empty store, opens the page, waits for
// the countdown of the example sale, buys, pays, and sees the order paid: three
// clicks.
func TestAPersonBuysAndPaysInABrowser(t *testing.T) {
	t.Parallel()
	for i, c := range []struct {
		name          string
		width, height int
	}{{"phone", 390, 844}, {"desktop", 1280, 900}} {
		t.Run(c.name, func(t *testing.T) {
			testkit.InTurn(t, 2+i, browserTurns)
			t.Parallel()
			name := c.name
			// The example sale opens soon after the start, and a browser takes its time.
			ctx := browser(t, c.width, c.height)
			p := start(t, []string{"SECKILL_DATA_DIR=" + t.TempDir()}, "serve")
			run := func(actions ...chromedp.Action[chromedp.Void]) {
				t.Helper()
				step, cancel := context.WithTimeout(ctx, browserStep)
				defer cancel()
				if err := tab.Do(step, actions...); err != nil {
					see(t, ctx, name+"-failed")
					text, _ := chromedp.Run(ctx, chromedp.Text("body"))
					t.Fatalf("%v; the page says:\n%s", err, text)
				}
			}
			run(chromedp.EmulateViewport(int64(c.width), int64(c.height)), chromedp.Navigate(p.url+"/"),
				chromedp.WaitVisible(testID("only-sale")), chromedp.WaitVisible(testID("countdown")))
			see(t, ctx, name+"-2-countdown")
			// The button arms itself when the sale opens, without a reload.
			run(chromedp.WaitVisible(testID("buy") + `[data-armed]`))
			see(t, ctx, name+"-3-open")
			run(chromedp.Click(testID("buy")+`[data-armed]`),
				chromedp.WaitVisible(testID("order-status")+`[data-status="awaiting_payment"]`),
				chromedp.WaitVisible(testID("pay")))
			see(t, ctx, name+"-4-pay")
			run(chromedp.Click(testID("pay")), chromedp.WaitVisible(testID("mock-pay")))
			see(t, ctx, name+"-5-gateway")
			run(chromedp.Click(testID("mock-pay")),
				chromedp.WaitVisible(testID("order-status")+`[data-status="paid"]`))
			see(t, ctx, name+"-6-paid")
		})
	}
}

// A person joins the queue of a sale before it starts, comes back to the page and has the
// place, is let in, and buys.
func TestAPersonQueuesAndBuysInABrowser(t *testing.T) {
	testkit.InTurn(t, 4, browserTurns)
	t.Parallel()
	ctx := browser(t, 390, 844)
	stage := embedded(t)
	s := stage.queueSale(15*time.Second, item{"phone-1", 2, 1})
	run := func(actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		step, cancel := context.WithTimeout(ctx, browserStep)
		defer cancel()
		if err := tab.Do(step, actions...); err != nil {
			see(t, ctx, "queue-failed")
			text, _ := chromedp.Run(ctx, chromedp.Text("body"))
			t.Fatalf("%v; the page says:\n%s", err, text)
		}
	}
	page := stage.url(0) + "/sales/" + s.id
	run(chromedp.EmulateViewport(390, 844), chromedp.Navigate(page), chromedp.WaitVisible(testID("join-queue")))
	see(t, ctx, "queue-1-before")
	run(chromedp.Click(testID("join-queue")), chromedp.WaitVisible(testID("ahead")))
	see(t, ctx, "queue-2-in")
	run(chromedp.Navigate(page), chromedp.WaitVisible(testID("buy")+`[data-armed]`)) // whoever had to wait is let in
	see(t, ctx, "queue-3-turn")
	run(chromedp.Click(testID("buy")+`[data-armed]`), chromedp.WaitVisible(testID("order-status")+`[data-status="awaiting_payment"]`))
	see(t, ctx, "queue-4-order")
	require.EqualValues(t, 1, s.audit()["phone-1"].Reserved)
}
