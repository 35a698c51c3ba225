package e2e

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/tab"
	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// desk is an operator at a browser's tab, before a running server.
type desk struct {
	t    *testing.T
	ctx  context.Context
	url  string
	name string // of the pictures
}

func (d *desk) do(actions ...chromedp.Action[chromedp.Void]) {
	d.t.Helper()
	step, cancel := context.WithTimeout(d.ctx, browserStep)
	defer cancel()
	if err := tab.Do(step, actions...); err != nil {
		d.fail(err)
	}
}

func (d *desk) fail(err error) {
	d.t.Helper()
	see(d.t, d.ctx, d.name+"-failed")
	text, _ := chromedp.Run(d.ctx, chromedp.Text("body"))
	d.t.Fatalf("%v; the page says:\n%s", err, text)
}

func (d *desk) open(path string)  { d.t.Helper(); d.do(chromedp.Navigate(d.url + path)) }
func (d *desk) see(id string)     { d.t.Helper(); d.do(chromedp.WaitVisible(testID(id))) }
func (d *desk) seeCSS(css string) { d.t.Helper(); d.do(chromedp.WaitVisible(chromedp.CSS(css))) }
func (d *desk) click(id string)   { d.t.Helper(); d.clickCSS(testID(id)) }

func (d *desk) clickCSS(css string) {
	d.t.Helper()
	d.do(chromedp.Click(chromedp.CSS(css), chromedp.NodeVisible, chromedp.NodeEnabled))
}

// write replaces what is in a field, as typing does.
func (d *desk) write(id, text string) {
	d.t.Helper()
	encoded, err := json.Marshal(text)
	require.NoError(d.t, err)
	d.see(id)
	d.js(`(() => { const f = document.querySelector('` + testID(id) + `'); f.focus(); f.value = ` + string(encoded) +
		`; f.dispatchEvent(new Event('input', {bubbles: true})); f.blur(); return ''; })()`)
}

func (d *desk) js(script string) string {
	d.t.Helper()
	step, cancel := context.WithTimeout(d.ctx, browserStep)
	defer cancel()
	got, err := chromedp.Run(step, chromedp.Evaluate[string](script))
	require.NoError(d.t, err)
	return got
}

// fits looks at the page as it is: nothing wider than the screen, and nothing serious
// that axe finds.
func (d *desk) fits(page string) {
	d.t.Helper()
	d.picture(page)
	require.Equal(d.t, "", d.js(`document.documentElement.scrollWidth > innerWidth ? 'is ' + document.documentElement.scrollWidth + ' wide' : ''`), page)
	axe, err := axeSource()
	require.NoError(d.t, err)
	d.js(`typeof axe === 'undefined' ? (` + axe + `, '') : ''`)
	d.js(`(window.axeFound = null, axe.run(document, {resultTypes: ['violations']}).then((r) => { window.axeFound = r.violations.filter((v) => v.impact === 'serious' || v.impact === 'critical').map((v) => v.id + ' ' + v.nodes.map((n) => n.target + ' ' + n.failureSummary).join(' | ')).join('\n'); }), '')`)
	testkit.Eventually(d.t, func() bool { return d.js(`window.axeFound === null ? 'wait' : ''`) == "" }, "axe has looked")
	require.Equal(d.t, "", d.js(`window.axeFound`), page)
}

// picture keeps the whole page where SECKILL_SCREENSHOTS says.
func (d *desk) picture(page string) {
	d.t.Helper()
	dir := os.Getenv("SECKILL_SCREENSHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(d.ctx, chromedp.FullScreenshot(100))
	require.NoError(d.t, err)
	require.NoError(d.t, os.WriteFile(filepath.Join(dir, d.name+"-"+page+".png"), png, 0o644))
}

var axeSource = sync.OnceValues(func() (string, error) {
	source, err := os.ReadFile("../../../web/ui/testdata/axe.min.js")
	return "(() => {" + string(source) + "})()", err
})

const importedFile = `sale_key,sale_name,starts_at,ends_at,sku,title,price,currency,stock
spring,Spring sale,2030-01-01T00:00:00Z,2030-01-02T00:00:00Z,lamp-1,Lamp,9900,CNY,50
`

// An operator's whole way, on a phone and at a desk, in both languages: signs in,
// writes a sale and mends what is wrong with it, loads, pauses, tops up, reads the log,
// copies, imports, rehearses, finds an order.
func TestAnOperatorRunsASaleInABrowser(t *testing.T) {
	t.Parallel()
	s := embedded(t)
	ctx := browser(t, 1280, 900)
	for i, c := range []struct {
		name          string
		width, height int64
		language      string
	}{{"desk", 1280, 900, "en"}, {"phone", 360, 780, "zh"}} {
		t.Run(c.name, func(t *testing.T) {
			testkit.InTurn(t, i, browserTurns)
			tab, cancel := chromedp.NewContext(ctx)
			defer cancel()
			require.NoError(t, chromedp.Do(tab)) // a tab lives as long as what it was first used with
			d := &desk{t: t, ctx: tab, url: s.url(0), name: "operator-" + c.name}
			d.do(chromedp.EmulateViewport(c.width, c.height))
			d.open("/admin")
			d.js(`(localStorage.setItem('seckill.language', '` + c.language + `'), '')`)
			d.open("/admin")
			d.signIn()
			sale := d.writeSale(c.name)
			d.actOn(sale)
			d.copyAndImport(t, c.name)
			if c.name == "desk" { // there is one at a time, and it is cleared away for half a minute
				d.rehearse(sale)
			}
			d.findAnOrder(s, sale)
			d.lookAround()
		})
	}
}

func (d *desk) signIn() {
	d.write("admin-token", "not-the-admin-token-at-all")
	d.click("admin-sign-in")
	d.seeCSS(".sign-in .error:not(:empty)")
	d.fits("01-sign-in")
	d.write("admin-token", adminToken)
	d.write("admin-operator", "李雷 L")
	d.click("admin-sign-in")
	d.see("admin-sales")
	require.Equal(d.t, "null", d.js(`String(localStorage.getItem('seckill.admin'))`), "the token is this tab's alone")
	require.NotContains(d.t, d.js(`location.href`), adminToken)
}

func (d *desk) writeSale(name string) (id string) {
	d.click("go-new")
	d.see("sale-form")
	d.write("name", "Evening drop "+name)
	d.write("item-0-sku", "phone 1")
	d.seeCSS("#item-0-sku-error")
	d.fits("02-new-sale-wrong")
	for field, text := range map[string]string{"sku": "phone-1", "title": "Aurora phone", "price": "1999.00", "stock": "300", "limit_per_buyer": "2"} {
		d.write("item-0-"+field, text)
	}
	day, at, _ := strings.Cut(d.js(`(() => { const at = new Date(Date.now() - 60000); return new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 19); })()`), "T")
	d.write("starts_at-day", day)
	d.write("starts_at-time", at)
	d.click("save-sale")
	d.seeCSS(`[data-testid=admin-state][data-state=draft]`)
	d.fits("03-draft")
	return d.js(`location.pathname.split('/').pop()`)
}

func (d *desk) actOn(sale string) {
	act := func(verb, state string) {
		d.t.Helper()
		d.click("admin-" + verb)
		d.seeCSS("dialog[open]")
		d.click("admin-" + verb + "-confirm")
		d.seeCSS(`[data-testid=admin-state][data-state=` + state + `]`)
	}
	act("preload", "ready")
	d.seeCSS(`[data-testid=health][data-verdict=good]`)
	d.seeCSS(`[data-column=available]`)
	act("pause", "paused")
	act("resume", "ready")
	d.click("stock-phone-1")
	d.write("delta", "50")
	d.write("reason", "more came")
	d.click("stock-phone-1-confirm")
	d.seeCSS(`[data-testid=trail] [data-action=stock]`)
	testkit.Eventually(d.t, func() bool { return d.js(`document.querySelector('[data-column=available]').textContent`) == "350" }, "the page shows the new units")
	d.fits("035-live")
	d.open("/admin/sales/" + sale + "/log")
	d.seeCSS(`[data-testid=trail] [data-action=created]`)
	require.Contains(d.t, d.js(`document.querySelector('[data-testid=trail]').textContent`), "李雷 L")
	d.fits("04-log")
}

func (d *desk) copyAndImport(t *testing.T, name string) {
	d.open("/admin")
	d.click("admin-sale")
	d.click("go-copy")
	d.see("sale-form")
	d.click("save-sale")
	d.seeCSS(`[data-testid=admin-state][data-state=draft]`)
	d.open("/admin/import")
	file := filepath.Join(t.TempDir(), "sales.csv")
	bad := strings.Replace(importedFile, "9900", "much", 1)
	require.NoError(t, os.WriteFile(file, []byte(bad), 0o600))
	d.see("import-file")
	d.do(chromedp.SetUploadFiles(testID("import-file"), []string{file}))
	d.see("import-problem")
	good := filepath.Join(t.TempDir(), "good.csv")
	require.NoError(t, os.WriteFile(good, []byte(strings.Replace(importedFile, "spring,", "spring-"+name+",", 1)), 0o600))
	d.do(chromedp.SetUploadFiles(testID("import-file"), []string{good}))
	d.seeCSS(`[data-testid=import-plan][data-applied=false] [data-action=create]`)
	d.fits("05-import")
	d.click("import-apply")
	d.seeCSS(`[data-testid=import-plan][data-applied=true]`)
}

// rehearse takes two clicks from the list of sales.
func (d *desk) rehearse(sale string) {
	d.open("/admin")
	d.see("admin-sales")
	d.fits("06-sales")
	d.clickCSS(`[data-sale="` + sale + `"] [data-testid=sale-rehearse]`)
	d.see("rehearse-start")
	d.fits("07-rehearse")
	d.write("plan-buyers", "300")
	d.write("plan-seconds", "60")
	d.write("plan-units", "10")
	d.click("rehearse-start")
	d.seeCSS(`[data-testid=rehearsal][data-state=running]`)
	d.seeCSS(`[data-testid=dashboard][data-live=true]`)
	d.seeCSS(`[data-testid=refusals] dd`)
	d.fits("08-live")
	// It goes on for longer than any browser takes to get here.
	d.click("rehearsal-stop")
	d.seeCSS(`[data-testid=rehearsal][data-state=stopped]`)
	require.NotEmpty(d.t, d.js(`document.querySelector('[data-testid=rehearsal-verdict].verdict')?.textContent ?? ''`), "every unit was in its place")
	d.fits("09-rehearsed")
}

func (d *desk) findAnOrder(s *stage, id string) {
	of := sale{s, id}
	token := buyerToken("buyer of " + d.name)
	a := of.buy(0, token, "", line{"phone-1", 1})
	require.Equal(d.t, 202, a.HTTP, "%s", a.Body)
	require.Equal(d.t, "applied", s.pay(token, a.OrderID).Result)
	d.open("/admin/sales/" + id + "/orders")
	d.seeCSS(`[data-order="` + a.OrderID + `"]`)
	d.fits("10-orders")
	d.click("filter-expired")
	d.see("no-orders")
	d.click("filter-all")
	d.write("find", "buyer of "+d.name)
	d.click("find-go")
	d.click("order-link")
	d.see("order-facts")
	d.seeCSS(`[data-testid=payments] li`)
	d.fits("11-order")
}

func (d *desk) lookAround() {
	for path, id := range map[string]string{"/admin/messages": "no-letters", "/admin/refunds": "no-refunds", "/admin/system": "part-redis"} {
		d.open(path)
		d.see(id)
		d.fits("12" + strings.ReplaceAll(path, "/", "-"))
	}
	d.click("admin-sign-out")
	d.see("admin-sign-in")
	require.Equal(d.t, "null", d.js(`String(sessionStorage.getItem('seckill.admin'))`))
}
