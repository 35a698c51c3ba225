package ui_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

func TestAFailedPaymentIsToldAndCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		s.set(withOrder("awaiting_payment"))
		b := open(t)
		other := b.openTab()
		other.open(s.URL + "/orders/" + orderID)
		other.see(hook("pay"))
		b.open(s.URL + "/mock-pay/pay_1")
		b.click(hook("mock-fail"))
		for _, tab := range []*browser{b, other} { // read anew, and told by the order's events
			tab.see(hook("pay-failed"))
			tab.matches(hook("pay-failed"), `(?s)The payment failed · .*\d\d:\d\d.*no money was taken.*still held for you`)
			tab.reads(hook("pay"), "Try again · ¥1,999.00")
		}
		b.reload()
		b.click(hook("pay"))
		b.see(status("paid"))
		for _, tab := range []*browser{b, other} {
			tab.see(status("paid"))
			tab.do(chromedp.WaitNotPresent(hook("pay-failed")))
			tab.clean()
		}
	})
}

func TestAFailedPaymentWhoseTimeIsUpPromisesNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(withOrder("awaiting_payment"))
	s.set(func(s *shop) { s.order["hold_until"] = s.now().Add(-time.Second) })
	s.failPayment()
	b := openBrowser(t, 390, 844)
	b.open(s.URL + "/orders/" + orderID)
	b.see(hook("pay-failed"))
	b.has(hook("pay-failed"), "no money was taken")
	assert.NotContains(t, b.text(hook("pay-failed")), "try again")
	b.clean()
}

func TestAnOrderShowsThePictureOfItsItem(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(withItems)
	s.set(withOrder("awaiting_payment"))
	b := openBrowser(t, 390, 844)
	b.open(s.URL + "/orders/" + orderID)
	b.until(`document.querySelector('[data-testid=line] img')?.src.endsWith('/phone-1.svg')`)
	b.clean()
}

// Who got in as what matters until it is paid for, and no longer.
func TestAPlaceIsToldWhileItMeansSomething(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := openBrowser(t, 390, 844)
	for in, told := range map[string]bool{"queued": true, "awaiting_payment": true, "paid": false, "expired": false,
		"cancelled": false, "failed": false, "refund_due": false, "refunded": false} {
		s.set(withOrder(in))
		b.open(s.URL + "/orders/" + orderID)
		b.see(status(in))
		assert.Equal(t, told, js[bool](b, `document.querySelector('[data-testid=ticket]') !== null`), in)
		if told {
			b.reads(hook("ticket"), "You got in as number 17")
		}
	}
	b.clean()
}

func TestThePaymentPageShowsTitlesAndPricesAsTheShopDoes(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := openBrowser(t, 390, 844)
	currencies := []string{"CNY", "USD", "EUR", "GBP", "JPY", "KRW", "KWD", "BHD", "CHF", "VND", "INR", "BRL", "HKD"}
	for _, currency := range testkit.Share(currencies, 4) {
		s.set(withItems)
		s.set(withOrder("awaiting_payment"))
		s.set(func(s *shop) { s.items[0]["currency"], s.order["currency"] = currency, currency })
		b.open(s.URL + "/orders/" + orderID)
		b.see(hook("amount"))
		title, amount := "Aurora phone, 256 GB", b.text(hook("amount"))
		b.open(s.URL + "/mock-pay/pay_1")
		b.reads(hook("mock-amount"), amount, currency)
		b.has(hook("mock-line"), title)
		b.has(hook("mock-line"), amount)
	}
	b.clean()
}

func TestThePaymentPageCountsDown(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(withOrder("awaiting_payment"))
	b := openBrowser(t, 390, 844)
	b.open(s.URL + "/mock-pay/pay_1")
	b.until(`/^04:[0-3]\d$/.test(document.querySelector('[data-testid=mock-left]').innerText)`)
	was := b.text(hook("mock-left"))
	b.until(`document.querySelector('[data-testid=mock-left]').innerText < '` + was + `'`)
	s.set(func(s *shop) { s.order["hold_until"] = s.now().Add(time.Second) })
	b.reload()
	b.until(`document.querySelector('[data-testid=mock-left]').innerText === 'Time is up'`)
	assert.True(t, js[bool](b, `document.querySelector('[data-testid=mock-pay]').disabled`))
	b.clean()
}

// From a paid order the back button leads to no button that pays it again.
func TestBackFromAPaidOrderThereIsNothingToPay(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		s.set(withOrder("awaiting_payment"))
		b := open(t)
		b.open(s.URL + "/mock-pay/pay_1")
		b.click(hook("mock-pay"))
		b.see(status("paid"))
		js[any](b, `void setTimeout(() => history.back())`)
		b.until(`document.querySelector('[data-testid=mock-done]')`)
		assert.False(t, js[bool](b, `document.querySelector('[data-testid=mock-pay]') !== null`))
		b.click(hook("mock-back"))
		b.see(status("paid"))

		// A browser that keeps the page as it was left reads it anew.
		s.set(withOrder("awaiting_payment"))
		b.open(s.URL + "/mock-pay/pay_1")
		b.see(hook("mock-pay"))
		s.move("paid")
		js[any](b, `void dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))`)
		b.until(`document.querySelector('[data-testid=mock-done]')`)
		s.set(func(s *shop) { require.Len(t, s.told, 1, "it was paid once") })
		b.clean()
	})
}

// foreign is what of a Chinese page is no Chinese and should be.
const foreign = `document.body.innerText.replaceAll('English', '').match(/[A-Za-z]{3,}/g) ?? []`

func TestAChinesePageIsChineseAsAShopWritesIt(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(func(s *shop) {
		withMoreSales(s)
		s.name, s.noLogin, s.script = "午夜开抢", true, `sessionStorage.setItem('seckill.token', 'token-of-the-shop')`
		for _, sale := range append([]map[string]any{s.saleBody()}, s.more...) {
			sale["name"] = "午夜开抢"
			for _, item := range sale["items"].([]map[string]any) {
				item["title"] = "手机"
			}
		}
	})
	b := openOn(t, night, 390, 844)
	says := func(where chromedp.CSS, words ...string) {
		t.Helper()
		b.see(where)
		// What an item is called is read after the order; until then its SKU stands there.
		var text string
		var found []string
		is := func() bool {
			text = strings.Join(strings.Fields(js[string](b, `document.querySelector('main').innerText`)), " ")
			found = slices.DeleteFunc(js[[]string](b, foreign), func(w string) bool { return slices.Contains([]string{"seckill", "UTC", "GMT"}, w) })
			return len(found) == 0 && !slices.ContainsFunc(words, func(w string) bool { return !regexp.MustCompile(w).MatchString(text) })
		}
		defer func() {
			if t.Failed() {
				t.Logf("%v are to be in the page, and %v not: %s", words, found, text)
			}
		}()
		testkit.Eventually(t, is, "a page is in Chinese")
	}
	b.open(s.URL + "/")
	says(hook("sale"), `6\.7 折`, `¥99\.00 起`, `距结束 \d\d:\d\d`, `距开抢 \d:\d\d:\d\d`, `限量 300 件`, `剩余 332 件`)
	b.open(s.URL + "/sales/" + saleID)
	says(armed, `立即抢购 · ¥1,999\.00`, `每人限购 1 件`)
	s.set(func(s *shop) { s.startsIn, s.status = time.Hour, "upcoming" })
	b.open(s.URL + "/sales/" + saleID)
	says(hook("buy"), `距开抢 (59:\d\d|1:00:00)`)
	s.set(func(s *shop) { s.startsIn, s.status = -time.Minute, "live"; soldOut(s) })
	b.open(s.URL + "/sales/" + saleID)
	says(hook("held"), `商品暂时抢光。最快 0[34]:\d\d 后可能有货`)

	b.open(s.URL + "/orders")
	says(`.empty`, `还没有订单`)
	for _, c := range []struct{ in, reason, says string }{
		{"queued", "", `抢到了！.*第 17 位抢到`},
		{"awaiting_payment", "", `立即付款 ¥1,999\.00`},
		{"paid", "", `付款成功.*已通知商家`},
		{"expired", "", `付款超时.*若仍有库存则为你保留，否则全额退款`},
		{"cancelled", "", `没有扣款`},
		{"failed", "unknown_item: the item is not on sale", `该商品已下架。没有扣款`},
		{"failed", "a_later_word: of a newer release", `没有扣款`},
		{"refund_due", "paid_late: the payment came after the order had ended and is returned", `已无库存。款项将原路全额退回`},
		{"refunded", "paid_late: the payment came after the order had ended and is returned", `款项已原路全额退回`},
	} {
		s.set(withOrder(c.in))
		s.set(func(s *shop) { s.order["reason"] = c.reason })
		b.open(s.URL + "/orders/" + orderID)
		says(status(c.in), c.says)
	}
	s.set(withOrder("awaiting_payment"))
	s.failPayment()
	b.open(s.URL + "/orders/" + orderID)
	says(hook("pay-failed"), `付款失败.*支付渠道反馈没有扣款.*重新付款 ¥1,999\.00`)
	b.open(s.URL + "/nothing")
	says(hook("missing"), `页面不存在`)

	b.open(s.URL + "/mock-pay/pay_1")
	says(hook("mock-pay"), `立即付款 ¥1,999\.00`, `剩余付款时间 04:`, `若仍有库存则为你保留，否则全额退款`)
	b.click(hook("mock-pay_twice"))
	says(hook("mock-answer"), `已入账.*已处理过`)
	b.open(s.URL + "/mock-pay/pay_1")
	says(hook("mock-done"), `本次付款已完成`)
	b.clean()
}
