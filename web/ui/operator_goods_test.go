package ui_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

func TestAnOperatorLooksAtTheStockAndChangesIt(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := openBrowser(t, 1280, 900)
	b.signIn(s)
	b.open(s.URL + "/admin")
	b.click(hook("go-admin-goods"))
	b.has(`[data-goods="phone-1"]`, "2,000")
	b.click(`[data-goods="phone-1"] a`)
	for place, units := range map[string]string{"available": "1,180", "reserved": "20", "allotted": "800", "sold": "412", "on_hand": "2,000"} {
		b.has(chromedp.CSS(`[data-place="`+place+`"]`), units)
	}
	b.has(hook("goods-history"), "To a sale: 800")
	b.has(hook("goods-history"), "Set: -8")
	b.click(hook("change-goods"))
	b.do(chromedp.SendKeys("#by", "-3"), chromedp.SendKeys("#reason", "broken in transit"))
	b.click(hook("change-goods-confirm"))
	b.until(`!document.querySelector('dialog[open]')`)
	s.set(func(s *shop) {
		require.Contains(t, s.verbs, `/inventory/phone-1 {"by":-3,"reason":"broken in transit"}`)
	})

	b.open(s.URL + "/admin/goods")
	b.click(hook("new-goods"))
	b.do(chromedp.SendKeys("#goods", "cup-1"), chromedp.SendKeys("#on_hand", "40"), chromedp.SendKeys("#reason", "delivered"))
	b.click(hook("new-goods-confirm"))
	b.until(`!document.querySelector('dialog[open]')`)
	s.set(func(s *shop) {
		require.Contains(t, s.verbs, `/inventory/cup-1 {"on_hand":40,"version":0,"reason":"delivered"}`)
	})
	b.clean()
}
