package ui_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// signIn signs an operator in.
func (b *browser) signIn(s *shop) {
	b.t.Helper()
	b.open(s.URL + "/admin")
	b.do(chromedp.SendKeys(hook("admin-token"), adminToken))
	b.click(hook("admin-sign-in"))
	b.see(hook("admin-sales"))
}

func TestAnOperatorsTokenStaysInTheTab(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		b := open(t)
		b.open(s.URL + "/admin")
		b.do(chromedp.SendKeys(hook("admin-token"), "wrong"))
		b.click(hook("admin-sign-in"))
		b.see(".sign-in .error:not(:empty)")
		b.signIn(s)
		b.reload()
		b.see(hook("admin-sales"))
		assert.NotContains(t, js[string](b, `JSON.stringify(localStorage) + document.cookie + location.href`), adminToken)
		second := b.openTab()
		second.open(s.URL + "/admin")
		second.see(hook("admin-token"))
		b.click(hook("admin-sign-out"))
		b.see(hook("admin-token"))
		assert.NotContains(t, js[string](b, `JSON.stringify(sessionStorage)`), adminToken)
		b.clean()
	})
}

func TestAnOperatorSeesAtOnceWhetherASaleIsHealthy(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		s.set(func(s *shop) { s.status = "ready" })
		b := open(t)
		b.signIn(s)
		b.open(s.URL + "/admin/sales/" + saleID)
		b.see(hook("health") + `[data-verdict=good]`)
		b.see(`[data-step=paid]`)
		assert.Equal(t, []string{"560"}, js[[]string](b, `[...document.querySelectorAll('[data-step=paid] b')].map((n) => n.textContent)`))
		s.set(func(s *shop) { s.drift = 3 })
		b.see(hook("health") + `[data-verdict=drift]`)
		s.lose()
		b.see(hook("stale"))
		s.find()
		b.until(`!document.querySelector('[data-testid=stale]')`, "it comes back by itself")
		b.click(hook("admin-pause"))
		s.set(func(s *shop) { require.Empty(t, s.verbs, "it asks first") })
		b.click(hook("admin-pause-confirm"))
		b.see(hook("admin-resume"))
		b.clean()
	})
}

func TestAnOperatorActsOnWhatWaitsForAPerson(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		b := open(t)
		b.signIn(s)
		b.open(s.URL + "/admin/messages")
		b.click(hook("requeue"))
		b.click(hook("requeue-confirm"))
		b.until(`!document.querySelector('dialog[open]')`)
		b.open(s.URL + "/admin/refunds")
		b.click(hook("retry-all"))
		b.click(hook("retry-all-confirm"))
		b.until(`!document.querySelector('dialog[open]')`)
		s.set(func(s *shop) {
			assert.Equal(t, []string{`/dead-letters/requeue {"ids":["m-17"]}`, `/refunds/retry {}`}, s.verbs)
		})
		b.clean()
	})
}

func TestARehearsalTakesTwoClicks(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		s.set(func(s *shop) { s.status = "ready" })
		b := open(t)
		b.signIn(s)
		b.click(chromedp.CSS(`[data-sale="` + saleID + `"] [data-testid=sale-rehearse]`))
		b.click(hook("rehearse-start"))
		b.see(hook("rehearsal"))
		b.see(hook("health"))
		s.set(func(s *shop) {
			require.Len(t, s.verbs, 1)
			assert.Contains(t, s.verbs[0], `"buyers":2000`)
		})
		b.clean()
	})
}

// Each step asks first; orders are filtered, paged and taken away as a file.
func TestAnOperatorClosesASaleAndKeepsItsOrders(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		s.set(func(s *shop) { s.status = "ready" })
		b := open(t)
		b.signIn(s)
		b.open(s.URL + "/admin/sales/" + saleID)
		b.click(hook("stock-phone-1"))
		b.do(chromedp.SendKeys(hook("delta"), "50"), chromedp.SendKeys(hook("reason"), "more came"))
		// The page moves beneath the dialog while it is live.
		js[any](b, `document.querySelector('[data-testid=stock-phone-1-confirm]').click()`)
		b.until(`!document.querySelector('dialog[open]')`)
		b.click(hook("admin-close"))
		b.click(hook("admin-close-confirm"))
		b.until(`!document.querySelector('dialog[open]')`)
		s.set(func(s *shop) {
			require.Len(t, s.verbs, 2)
			assert.Contains(t, s.verbs[0], `/items/phone-1/stock {"delta":50,"reason":"more came"}`)
			assert.Equal(t, "/sales/"+saleID+"/close", strings.TrimSuffix(s.verbs[1], " {}"))
		})

		b.open(s.URL + "/admin/sales/" + saleID + "/orders")
		b.click(hook("filter-paid"))
		asked := func(query string) {
			t.Helper()
			testkit.Eventually(t, func() (found bool) {
				s.set(func(s *shop) { found = slices.Contains(s.queries, query) })
				return found
			}, "the page asks for "+query)
		}
		asked("limit=50&status=paid")
		b.click(hook("older"))
		asked("limit=50&status=paid&cursor=9001")
		js[any](b, `URL.createObjectURL = (file) => { file.text().then((text) => { window.exported = text; }); return '#'; }`)
		b.see(hook("export"))
		// The page still moves, as the older orders come in.
		js[any](b, `document.querySelector('[data-testid=export]').click()`)
		b.until(`window.exported`)
		asked("status=paid") // the file is of what is filtered
		b.fits()
		b.clean()
	})
}
