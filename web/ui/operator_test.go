package ui_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
	s := newShop(t)
	b := openBrowser(t, 390, 844)
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
}

func TestAnOperatorSeesAtOnceWhetherASaleIsHealthy(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(func(s *shop) { s.status = "ready" })
	b := openBrowser(t, 1280, 900)
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
}

func TestAnOperatorActsOnWhatWaitsForAPerson(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := openBrowser(t, 390, 844)
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
}

func TestARehearsalTakesTwoClicks(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(func(s *shop) { s.status = "ready" })
	b := openBrowser(t, 1280, 900)
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
}
