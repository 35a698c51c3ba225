package ui_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnOperatorWritesADraw(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(withItems)
	b := openBrowser(t, 390, 844)
	b.signIn(s)
	b.open(s.URL + "/admin/sales/7003/edit")
	b.see(hook("entry"))
	assert.Empty(t, b.texts("#entries_until"))
	js[any](b, `(() => { const f = document.querySelector('#entry'); f.value = 'draw'; f.dispatchEvent(new Event('input', { bubbles: true })); })()`)
	b.see(hook("entries_until-day"))
	write := func(field, value string) {
		js[any](b, `(() => { const f = document.querySelector('#`+field+`'); f.value = '`+value+`'; f.dispatchEvent(new Event('input', { bubbles: true })); })()`)
	}
	write("entries_until", "2089-01-01")
	b.click(hook("save-sale"))
	b.reads(chromedp.CSS("#entries_until-error"), "A day, and a time such as 20:00:00")
	write("entries_until-time", "20:00:00")
	b.reads(chromedp.CSS("#entries_until-error"), "Before the end; for a draw alone")
	write("entries_until", "")
	write("entries_until-time", "")
	b.click(hook("save-sale"))
	b.see(hook("dashboard"))
	s.set(func(s *shop) {
		require.Len(t, s.verbs, 1)
		assert.Contains(t, s.verbs[0], `"entry":"draw"`)
		assert.NotContains(t, s.verbs[0], "entries_until")
	})

	b.open(s.URL + "/admin/sales/" + drawID)
	b.see(hook("admin-draw") + `[data-state=drawn]`)
	b.see(hook("draw-mark"))
	b.has(hook("admin-draw"), "241 · phone-1: 121 · earbuds-1: 120")
	b.has(hook("admin-draw"), "earbuds-1: 10 offered, 108 next, 2 left")
	b.has(hook("draw-waits"), "no route to host")
	b.fits()
	b.clean()
}
