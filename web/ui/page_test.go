package ui_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func status(s string) chromedp.CSS {
	return hook("order-status") + chromedp.CSS(`[data-status="`+s+`"]`)
}

// The whole way on a phone whose server has another clock: the button arms
// itself at the start, the click survives a broken answer, a 503, a
// worn-out token and an early clock with one key, and the order is followed to its end.
func TestABuyerGetsFromTheListToAPaidOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(func(s *shop) {
		s.skew, s.startsIn, s.status = 5*time.Hour, 10*time.Second, "upcoming"
		s.refuse = []refusal{{status: 0}, {status: 503, code: "unavailable"}, {status: 401, code: "unauthorized"},
			{status: 403, code: "not_started", extra: map[string]any{"starts_at": s.opened.Add(s.skew + s.startsIn).UTC()}}}
	})
	b := openBrowser(t, 390, 844)
	b.open(s.URL + "/")
	b.see(hook("sale"))
	b.picture("phone-1-sales")
	b.click(hook("sale"))
	b.see(hook("buy"))
	b.picture("phone-2-upcoming")
	early := ask(b, chromedp.Evaluate[bool](`document.querySelector('[data-testid=buy]').disabled`))
	if time.Since(s.opened) < 9*time.Second {
		assert.True(t, early, "the button is off before the start")
	}

	b.see(hook("buy") + `[data-armed]`)
	assert.GreaterOrEqual(t, time.Since(s.opened), 9500*time.Millisecond, "the server's clock opens the sale")
	b.picture("phone-3-live")
	b.click(hook("more"))
	b.click(hook("buy"))
	b.see(status("queued"))
	b.picture("phone-4-queued")
	assert.Contains(t, b.text(hook("ticket")), "17")
	s.set(func(s *shop) {
		require.Len(t, s.keys, 5)
		assert.Regexp(t, "^[0-9a-f]{32}$", s.keys[0])
		for _, key := range s.keys {
			assert.Equal(t, s.keys[0], key, "one click, one key")
		}
	})

	s.move("awaiting_payment")
	b.see(status("awaiting_payment"))
	b.see(hook("pay"))
	b.picture("phone-5-awaiting")
	assert.Equal(t, "¥3,998.00", b.text(hook("amount")))
	b.click(hook("pay"))
	b.see(status("paid"))
	b.picture("phone-6-paid")

	b.click(hook("my-orders"))
	b.see(hook("order-row"))
	b.picture("phone-7-orders")
	kept := ask(b, chromedp.Evaluate[bool](`sessionStorage.getItem('seckill.attempt.`+saleID+`') !== null`))
	assert.False(t, kept, "an answered click is forgotten")
	b.clean()
}

func TestAReloadedPageGoesOnWithAnUnansweredClick(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(func(s *shop) {
		for range 100 {
			s.refuse = append(s.refuse, refusal{status: 503, code: "unavailable"})
		}
	})
	b := openBrowser(t, 1280, 800)
	b.open(s.URL + "/sales/" + saleID)
	b.click(hook("buy") + `[data-armed]`)
	b.see(hook("buy-message") + `[data-code="unavailable"]`)
	b.picture("desktop-1-trying")
	b.open(s.URL + "/sales/" + saleID)
	s.set(func(s *shop) { s.refuse = nil })
	b.see(status("queued"))
	b.picture("desktop-2-queued")
	s.set(func(s *shop) {
		require.GreaterOrEqual(t, len(s.keys), 2)
		for _, key := range s.keys {
			assert.Equal(t, s.keys[0], key)
		}
	})
	b.clean()
}

func TestRefusalsAreSaidInOneLineAndEndTheClick(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := openBrowser(t, 1280, 800)
	b.open(s.URL + "/sales/" + saleID)
	for _, code := range []string{"forbidden", "sold_out"} {
		s.set(func(s *shop) { s.refuse = []refusal{{status: 409, code: code}} })
		b.click(hook("buy") + `[data-armed]`)
		b.see(hook("buy-message") + chromedp.CSS(`[data-code="`+code+`"]`))
		b.picture("desktop-3-" + code)
	}
	b.see(`button[data-testid=buy]:disabled`)
	s.set(func(s *shop) { s.items[0]["available"] = 1 })
	b.see(hook("buy") + `[data-armed]`)
	assert.Equal(t, "1 left", b.text(hook("stock")), "a unit came back")
	s.set(func(s *shop) {
		require.Len(t, s.keys, 2)
		assert.NotEqual(t, s.keys[0], s.keys[1], "a new click after an answer has a key of its own")
	})
	b.clean()
}

func TestAtTheLimitTheBuyerIsLedToTheirOwnOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(func(s *shop) {
		s.order = map[string]any{"order_id": orderID, "sale_id": saleID, "status": "awaiting_payment", "ticket": 3, "amount": 199900, "currency": "CNY",
			"lines": []any{map[string]any{"sku": "phone-1", "quantity": 1, "price": 199900}}, "created_at": s.now(), "hold_until": s.now().Add(40 * time.Second)}
		s.refuse = []refusal{{status: 409, code: "limit_exceeded", extra: map[string]any{"order_id": orderID}}}
	})
	b := openBrowser(t, 390, 844)
	b.open(s.URL + "/sales/" + saleID)
	b.click(hook("buy") + `[data-armed]`)
	b.see(status("awaiting_payment"))
	b.see(hook("notice"))
	b.picture("phone-8-limit")

	b.click(hook("cancel"))
	b.click(hook("cancel-confirm"))
	b.see(status("cancelled"))
	b.picture("phone-9-cancelled")
	b.clean()
}

func TestEachEndOfAnOrderIsToldInPlainWords(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := openBrowser(t, 1280, 800)
	for _, c := range []struct{ status, reason, says string }{
		{"expired", "", "not paid in time"},
		{"failed", "sold_out: no unit left", "last unit was taken"},
		{"failed", "The shop has closed this sale.", "The shop has closed this sale."},
		{"refund_due", "", "refunded"},
		{"refunded", "", "sent back"},
	} {
		s.set(func(s *shop) {
			s.order = map[string]any{"order_id": orderID, "sale_id": saleID, "status": "awaiting_payment", "ticket": 3, "amount": 199900, "currency": "CNY",
				"lines": []any{map[string]any{"sku": "phone-1", "quantity": 1, "price": 199900}}, "created_at": s.now(), "hold_until": s.now().Add(14 * time.Minute)}
		})
		b.open(s.URL + "/orders/" + orderID)
		b.see(hook("pay"))
		s.move(c.status, "reason", c.reason)
		b.see(status(c.status))
		assert.Contains(t, b.text(hook("order-text")), c.says)
		b.picture("desktop-4-" + c.status)
	}
	b.open(s.URL + "/orders/404404")
	b.see(hook("notice") + `[data-code="not_found"]`)
	b.clean()
}

func TestPagesFitANarrowPhone(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(func(s *shop) {
		s.startsIn, s.status = 50*time.Hour, "upcoming"
		s.items = append(s.items, map[string]any{"sku": "watch-1", "title": "Averyveryveryverylongproductnamewithoutanyspaceinit watch", "price": 99, "currency": "USD", "limit_per_buyer": 1, "stock": 1000000, "available": 1000000})
	})
	b := openBrowser(t, 360, 740)
	for _, path := range []string{"/", "/sales/" + saleID, "/orders"} {
		b.open(s.URL + path)
		b.see("h1")
		if path != "/orders" {
			b.see(".art")
		}
		wide := ask(b, chromedp.Evaluate[int](`document.documentElement.scrollWidth`))
		assert.LessOrEqual(t, wide, 360, path)
		b.picture(fmt.Sprintf("narrow-%d", len(path)))
	}
	b.clean()
}

func TestPagesAreDarkWhereThatIsPreferred(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := openBrowser(t, 390, 844, chromedp.Flag("blink-settings", "preferredColorScheme=0"))
	b.open(s.URL + "/sales/" + saleID)
	b.see(hook("buy"))
	assert.Equal(t, "rgb(19, 16, 19)", ask(b, chromedp.Evaluate[string](`getComputedStyle(document.body).backgroundColor`)))
	b.picture("dark-sale")
	s.set(func(s *shop) { s.refuse = nil })
	b.click(hook("buy") + `[data-armed]`)
	b.see(status("queued"))
	s.move("awaiting_payment")
	b.see(hook("pay"))
	b.picture("dark-order")
	b.clean()
}

func TestABuyerCanTakeAnotherName(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := openBrowser(t, 390, 844)
	b.open(s.URL + "/")
	b.see(hook("sale"))
	assert.Regexp(t, `^[a-z]+-[a-z]+-\d{4}$`, b.text(hook("buyer")))
	b.click(hook("rename"))
	b.do(chromedp.SetValue(hook("buyer-name"), "Zoë 李"))
	b.picture("phone-rename")
	b.click(hook("buyer-save"))
	require.Eventually(t, func() bool { return b.text(hook("buyer")) == "Zoë 李" }, patience, 50*time.Millisecond)
	b.open(s.URL + "/")
	b.see(hook("sale"))
	assert.Equal(t, "Zoë 李", b.text(hook("buyer")))
	b.clean()
}

func TestAShopThatSignsInItselfHandsItsTokenOver(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(func(s *shop) { s.noLogin = true })
	b := openBrowser(t, 390, 844)
	b.open(s.URL + "/sales/" + saleID)
	b.click(hook("buy") + `[data-armed]`)
	b.see(hook("buy-message") + `[data-code="sign_in"]`)
	ask(b, chromedp.Evaluate[any](`sessionStorage.setItem('seckill.token', 'token-of-the-shop')`))
	b.click(hook("buy") + `[data-armed]`)
	b.see(status("queued"))
	s.set(func(s *shop) { assert.Equal(t, []string{"Bearer token-of-the-shop"}, s.bearers) })
	b.clean()
}
