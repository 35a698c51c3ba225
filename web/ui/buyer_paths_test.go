package ui_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// sizes are those that paths are walked on.
var sizes = []struct {
	name          string
	width, height int64
}{{"phone", 390, 844}, {"desktop", 1280, 900}}

// onEachSize walks a path on a phone and on a desktop, in turn: some paths on the one
// and the others on the other, unless it soaks.
func onEachSize(t *testing.T, path func(t *testing.T, open func(*testing.T) *browser)) {
	t.Helper()
	first := len(t.Name()) // so that not all paths are walked on the same
	for i, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			testkit.InTurn(t, first+i, len(sizes))
			t.Parallel()
			path(t, func(t *testing.T) *browser { return openBrowser(t, size.width, size.height) })
		})
	}
}

// The whole way with a device whose clock is wrong by a day: the button arms
// itself at the start, the click survives a broken answer, a 503, a worn-out
// token and an early clock with one key, and the order is followed to its end.
func TestABuyerGetsFromTheListToAPaidOrder(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		s.set(func(s *shop) {
			withMoreSales(s)
			s.items[0]["limit_per_buyer"] = 2
			s.skew, s.startsIn, s.status = 24*time.Hour, time.Hour, "upcoming"
		})
		b := open(t)
		b.open(s.URL + "/")
		b.click(hook("sale") + `[data-sale="` + saleID + `"]`)
		b.see(hook("countdown"))
		assert.True(t, js[bool](b, `document.querySelector('[data-testid=buy]').disabled`), "the button is off before the start")
		opens := s.opensIn(3*time.Second, b)
		s.set(func(s *shop) {
			s.refuse = []refusal{{status: 0}, {status: 503, code: "unavailable"}, {status: 401, code: "unauthorized"},
				{status: 403, code: "not_started", extra: map[string]any{"starts_at": opens.Add(s.skew).UTC()}}}
		})
		b.see(armed)
		assert.GreaterOrEqual(t, time.Since(opens), -100*time.Millisecond, "the server's clock opens the sale")
		b.click(hook("more"))
		b.click(armed)
		b.see(status("queued"))
		b.has(hook("ticket"), "17")
		s.set(func(s *shop) {
			require.Len(t, s.keys, 5)
			assert.Regexp(t, "^[0-9a-f]{32}$", s.keys[0])
			for _, key := range s.keys {
				assert.Equal(t, s.keys[0], key, "one click, one key")
			}
		})

		s.move("awaiting_payment")
		b.see(status("awaiting_payment"))
		b.reads(hook("amount"), "¥3,998.00")
		b.click(hook("pay"))
		b.see(status("paid"))
		b.click(hook("my-orders"))
		b.see(hook("order-row"))
		assert.False(t, js[bool](b, `sessionStorage.getItem('seckill.attempt.`+saleID+`') !== null`), "an answered click is forgotten")
		b.clean()
	})
}

// A device's own time does not matter: neither which, nor that it is set anew
// while the page is open.
func TestTheCountdownIsRightWhateverTheDeviceSays(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		for _, off := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
			t.Run(off.String(), func(t *testing.T) {
				t.Parallel()
				s := newShop(t)
				s.set(func(s *shop) {
					s.startsIn, s.status = time.Hour, "upcoming"
					// The device's time, which a person may set at any moment.
					s.script = fmt.Sprintf(`const real = Date; window.off = %d;
						window.Date = class extends real { constructor(...a) { a.length ? super(...a) : super(real.now() + window.off); } static now() { return real.now() + window.off; } };
						new MutationObserver(() => { if (document.querySelector('[data-armed]')) window.armedAt ??= performance.timeOrigin + performance.now(); }).observe(document, { subtree: true, childList: true, attributes: true });`, off.Milliseconds())
				})
				b := open(t)
				b.open(s.URL + "/sales/" + saleID)
				b.see(hook("countdown"))
				// The page's own clock is out of reach; this is the same module on the same device.
				js[any](b, `import('/assets/lib/clock.js').then((c) => { window.clock = c; return c.sync(); })`)
				right := func() bool {
					before := s.now()
					page := time.UnixMilli(js[int64](b, `Math.round(window.clock.now())`))
					after := s.now()
					return page.After(before.Add(-100*time.Millisecond)) && page.Before(after.Add(100*time.Millisecond))
				}
				require.Eventually(t, right, patience, 20*time.Millisecond, "within 100 ms of the server")
				js[any](b, `window.off = -window.off`)
				assert.True(t, right(), "after the device's clock was set")
				opens := s.opensIn(6*time.Second, b)
				b.see(armed)
				at := time.UnixMilli(js[int64](b, `Math.round(window.armedAt)`))
				assert.InDelta(t, 0, at.Sub(opens).Milliseconds(), 1500, "the button arms itself at the start, some frames of a busy machine later")
				assert.GreaterOrEqual(t, at.Sub(opens), -100*time.Millisecond, "and not before")
				b.clean()
			})
		}
	})
}

func TestAPurchaseOutlivesALostNetwork(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		b := open(t)
		b.open(s.URL + "/sales/" + saleID)
		b.see(armed)
		b.see(hook("rename")) // signed in
		s.lose()
		back := time.AfterFunc(5*time.Second, s.find)
		defer back.Stop()
		b.click(armed)
		b.see(hook("buy-message") + `[data-code="network"]`)
		b.see(status("queued"))
		s.set(func(s *shop) {
			require.NotEmpty(t, s.keys)
			for _, key := range s.keys {
				assert.Equal(t, s.keys[0], key)
			}
		})

		// And once more while the order is followed.
		s.lose()
		b.see(hook("offline"))
		s.set(func(s *shop) { s.order["status"] = "awaiting_payment" })
		s.find()
		b.see(status("awaiting_payment"))
		b.do(chromedp.WaitNotPresent(hook("offline")))
		b.clean()
	})
}

func TestAReloadedPageGoesOnWithAnUnansweredClick(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		s.set(func(s *shop) {
			for range 100 {
				s.refuse = append(s.refuse, refusal{status: 503, code: "unavailable"})
			}
		})
		b := open(t)
		b.open(s.URL + "/sales/" + saleID)
		b.click(armed)
		b.see(hook("buy-message") + `[data-code="unavailable"]`)
		b.reload()
		b.see(hook("buy") + `[data-going]`)
		s.set(func(s *shop) { s.refuse = nil })
		b.see(status("queued"))
		s.set(func(s *shop) {
			require.GreaterOrEqual(t, len(s.keys), 2)
			for _, key := range s.keys {
				assert.Equal(t, s.keys[0], key)
			}
		})
		b.clean()
	})
}

// At each state of an order a reload, and a second tab, show the same.
func TestAReloadAndASecondTabTellTheSame(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		b := open(t)
		b.open(s.URL + "/sales/" + saleID)
		b.click(armed)
		b.see(status("queued"))
		b.reload()
		b.see(status("queued"))
		other := b.openTab()
		other.open(s.URL + "/orders/" + orderID)
		other.see(status("queued"))
		other.reads(hook("buyer"), b.text(hook("buyer")))
		s.move("awaiting_payment")
		b.see(status("awaiting_payment"))
		other.see(status("awaiting_payment"))
		b.reload()
		b.see(hook("pay"))

		other.click(hook("cancel"))
		other.click(hook("cancel-confirm"))
		other.see(status("cancelled"))
		b.see(status("cancelled"))
		b.do(chromedp.WaitNotPresent(hook("pay")))
		b.reload()
		b.see(status("cancelled"))
		// A payment that came too late after all.
		s.move("refund_due")
		b.reload()
		b.see(status("refund_due"))
		s.move("refunded")
		b.see(status("refunded"))
		b.clean()
		other.clean()
	})
}

// From the payment page the back button leads to what has become of the order.
func TestTheBackButtonTellsTheTruth(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		s.set(withOrder("awaiting_payment"))
		b := open(t)
		b.open(s.URL + "/orders/" + orderID)
		b.see(hook("pay"))
		b.open(s.URL + "/favicon.ico")
		s.move("paid")
		// The browser may bring the page back as it was left.
		paid := `document.querySelector('[data-testid=order-status]')?.dataset.status === 'paid'`
		js[any](b, `history.back()`)
		b.until(paid)
		js[any](b, `document.querySelector('[data-testid=my-orders]').click()`)
		b.until(`document.querySelector('[data-testid=order-row]')`)
		js[any](b, `history.back()`)
		b.until(paid)
		b.clean()
	})
}

func TestSoldOutIsSaidAndAUnitThatReturnsIsToldOf(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		b := open(t)
		b.open(s.URL + "/sales/" + saleID)
		s.set(func(s *shop) { s.refuse = []refusal{{status: 409, code: "sold_out"}} })
		b.click(armed)
		b.see(hook("buy-message") + `[data-code="sold_out"]`)
		b.see(`button[data-testid=buy]:disabled`)
		s.stir(func(s *shop) { s.status, s.items[0]["held"], s.returns = "sold_out", 3, time.Hour })
		b.see(hook("held"))
		b.has(hook("held"), "3 units")
		b.until(`/in (59:\d\d|1:00:00)/.test(document.querySelector('[data-testid=next-return]').innerText)`)
		b.click(hook("tell-me"))
		s.stir(func(s *shop) { s.status, s.items[0]["available"] = "live", 1 })
		b.see(hook("is-back"))
		b.see(armed)
		b.reads(hook("stock"), "1 left")
		b.until(`!document.querySelector('[data-testid=buy-message]').dataset.code`, "the refusal does not stand any more")
		b.clean()
	})
}

// The place is the same after a reload, and the one whose turn it is, is led to the order.
func TestWhoWaitsSeesThePlaceAndIsLedToTheOrder(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		s.set(func(s *shop) {
			s.status, s.items[0]["available"], s.items[0]["held"], s.returns = "sold_out", 0, 3, time.Hour
		})
		b := open(t)
		b.open(s.URL + "/sales/" + saleID)
		b.click(hook("join"))
		b.has(hook("place"), "2 people")
		b.reload()
		b.has(hook("place"), "2 people")
		s.set(func(s *shop) {
			withOrder("awaiting_payment")(s)
			s.place = map[string]any{"sale_id": saleID, "sku": "phone-1", "quantity": 1, "status": "offered", "order_id": orderID, "joined_at": s.now().Format(time.RFC3339Nano)}
		})
		b.click(hook("offered"))
		b.see(hook("pay"))

		s.set(func(s *shop) { s.place = nil })
		b.open(s.URL + "/sales/" + saleID)
		b.click(hook("join"))
		b.click(hook("leave"))
		b.see(hook("join"))
		b.has(hook("place"), "left")
		b.clean()
	})
}

func TestRefusalsAreSaidInOneLineAndEndTheClick(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		b := open(t)
		b.open(s.URL + "/sales/" + saleID)
		for _, code := range []string{"forbidden", "challenge_required"} {
			s.set(func(s *shop) { s.refuse = []refusal{{status: 403, code: code}} })
			b.click(armed)
			b.see(hook("buy-message") + chromedp.CSS(`[data-code="`+code+`"]`))
		}
		s.set(func(s *shop) {
			require.Len(t, s.keys, 2)
			assert.NotEqual(t, s.keys[0], s.keys[1], "a new click after an answer has a key of its own")
		})
		b.clean()
	})
}

func TestABuyerWhoStopsKeepsTheKey(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		s.set(func(s *shop) {
			s.refuse = []refusal{{status: 503, code: "unavailable"}, {status: 503, code: "unavailable"}, {status: 503, code: "unavailable"}}
		})
		b := open(t)
		b.open(s.URL + "/sales/" + saleID)
		b.click(armed)
		b.see(hook("buy-message") + `[data-code="unavailable"]`)
		b.click(hook("stop"))
		s.set(func(s *shop) { s.refuse = nil })
		b.click(armed)
		b.see(status("queued"))
		s.set(func(s *shop) { assert.Equal(t, s.keys[0], s.keys[len(s.keys)-1]) })
		b.clean()
	})
}

func TestAPausedSaleGoesOnByItself(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		b := open(t)
		b.open(s.URL + "/sales/" + saleID)
		b.see(armed)
		// The pause is felt before it is told: a page that reads of it first has no button to press.
		s.set(func(s *shop) {
			for range 100 {
				s.refuse = append(s.refuse, refusal{status: 503, code: "unavailable"})
			}
		})
		b.click(armed)
		b.see(hook("buy-message") + `[data-code="unavailable"]`)
		s.stir(func(s *shop) { s.status = "paused" })
		b.see(`.pill[data-phase=paused]`)
		b.until(`document.querySelector('[data-testid=buy-message]').innerText.includes('paused')`)
		s.stir(func(s *shop) { s.status, s.refuse = "live", nil })
		b.see(status("queued"))
		b.clean()
	})
}

func TestAtTheLimitTheBuyerIsLedToTheirOwnOrder(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		s.set(withOrder("awaiting_payment"))
		s.set(func(s *shop) {
			s.items[0]["limit_per_buyer"] = 1
			s.refuse = []refusal{{status: 409, code: "limit_exceeded", extra: map[string]any{"order_id": orderID}}}
		})
		b := open(t)
		b.open(s.URL + "/sales/" + saleID)
		b.click(armed)
		b.see(hook("see-order"))
		b.reads(hook("see-order"), "See your order")
		b.has(hook("buy-message"), "as many of this item as one buyer may")
		b.click(hook("see-order"))
		b.see(status("awaiting_payment"))
		// Who comes back is led there at once, for as long as the order has its units.
		js[any](b, `history.back()`)
		b.click(hook("see-order"))
		b.see(status("awaiting_payment"))
		b.click(hook("cancel"))
		b.click(hook("cancel-keep"))
		b.see(hook("pay"))
		s.move("cancelled")
		b.see(status("cancelled"))
		b.click(hook("again"))
		b.see(armed)
		b.clean()
	})
}

func TestEachEndOfAnOrderIsToldInPlainWords(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		b := open(t)
		for _, c := range []struct{ status, reason, says string }{
			{"expired", "", "not paid in time"},
			{"failed", "sold_out: no unit left", "last unit was taken"},
			{"failed", "lost: redis was restored", "had to be restored"},
			{"failed", "duplicate_request: the same key", "nothing is bought twice"},
			{"failed", "limit_exceeded: more than one may have", "more than one buyer may have"},
			{"failed", "unknown_item: not on sale", "not on sale any more"},
			{"failed", "a_later_word: of a newer release", "You have not been charged."},
			{"refund_due", "paid_late: the order had ended", "came after the order had ended, and no unit was left for it. All of your money"},
			{"refund_due", "paid_late_limit: more than one may have", "came after the order had ended. With another order of yours"},
			{"refunded", "paid_late: the order had ended", "came after the order had ended, and no unit was left for it. Your money has been sent back"},
			{"refund_due", "", "All of your money goes back"},
			{"refunded", "", "sent back in full"},
		} {
			s.set(withOrder("awaiting_payment"))
			b.open(s.URL + "/orders/" + orderID)
			b.see(hook("pay"))
			s.move(c.status, "reason", c.reason)
			b.see(status(c.status))
			b.has(hook("order-text"), c.says)
		}
		b.open(s.URL + "/orders/404404")
		b.see(hook("notice") + `[data-code="not_found"]`)
		b.clean()
	})
}

// At the stand-in payment page a payment can fail, be told twice, and come too late;
// each time the order's page says what has become of it.
func TestEachButtonOfThePaymentPageEndsInWhatTheOrderSays(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		b := open(t)
		at := func(button string, hold time.Duration) {
			t.Helper()
			s.set(withOrder("awaiting_payment"))
			s.set(func(s *shop) { s.order["hold_until"] = s.now().Add(hold) })
			b.open(s.URL + "/mock-pay/pay_1")
			b.fits()
			b.click(hook("mock-" + button))
		}
		at("fail", time.Hour)
		b.see(status("awaiting_payment"))
		b.see(hook("pay-failed"))
		at("pay", time.Hour)
		b.see(status("paid"))
		at("pay_twice", time.Hour)
		b.see(hook("mock-answer")) // the payment page has a way back too
		b.click(hook("mock-back"))
		b.see(status("paid"))
		s.set(func(s *shop) {
			require.Len(t, s.told, 4)
			assert.Equal(t, s.told[2], s.told[3], "one payment, told twice")
		})
		at("pay_late", time.Second)
		b.see(status("awaiting_payment"))
		s.move("expired")
		b.see(status("expired"))
		b.see(status("refund_due"))
		b.clean()
	})
}

func TestABuyerCanTakeAnotherName(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := openBrowser(t, 390, 844)
	b.open(s.URL + "/")
	b.see(hook("only-sale"))
	b.matches(hook("buyer"), `^[a-z]+-[a-z]+-\d{4}$`)
	other := b.openTab()
	other.open(s.URL + "/orders")
	other.see(hook("rename"))
	b.click(hook("rename"))
	b.do(chromedp.SetValue(hook("buyer-name"), "Zoë 李"))
	b.click(hook("buyer-save"))
	for _, tab := range []*browser{b, other} {
		tab.until(`document.querySelector('[data-testid=buyer]').textContent === 'Zoë 李'`)
	}
	b.reload()
	b.see(hook("only-sale"))
	b.reads(hook("buyer"), "Zoë 李")
	b.click(armed)
	b.see(status("queued"))
	s.set(func(s *shop) { assert.Equal(t, []string{"Bearer token-of-" + url.QueryEscape("Zoë 李")}, s.bearers) })
	b.clean()
}

func TestAShopThatSignsInItselfHandsItsTokenOver(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(func(s *shop) { s.noLogin = true })
	b := openBrowser(t, 390, 844)
	b.open(s.URL + "/sales/" + saleID)
	b.click(armed)
	b.see(hook("buy-message") + `[data-code="sign_in"]`)
	js[any](b, `sessionStorage.setItem('seckill.token', 'token-of-the-shop')`)
	b.click(armed)
	b.see(status("queued"))
	s.set(func(s *shop) { assert.Equal(t, []string{"Bearer token-of-the-shop"}, s.bearers) })
	assert.False(t, js[bool](b, `document.querySelector('[data-testid=rename]') !== null`), "nobody changes a name that the shop gave")
	b.clean()
}
