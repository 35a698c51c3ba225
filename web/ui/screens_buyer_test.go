package ui_test

import (
	"strings"
	"time"
)

func init() {
	screens = append(screens,
		screen{"home", func(b *browser, s *shop) {
			s.set(withMoreSales)
			b.open(s.URL + "/")
			b.see(hook("sale"))
		}},
		screen{"sale-upcoming", func(b *browser, s *shop) {
			s.set(func(s *shop) { withItems(s); s.status, s.startsIn = "upcoming", 95*time.Second })
			b.open(s.URL + "/sales/" + saleID)
			b.see(hook("countdown"))
		}},
		screen{"sale-live", func(b *browser, s *shop) {
			s.set(withItems)
			b.open(s.URL + "/sales/" + saleID)
			b.see(armed)
		}},
		screen{"sale-trying", func(b *browser, s *shop) {
			s.set(func(s *shop) {
				withItems(s)
				for range 100 {
					s.refuse = append(s.refuse, refusal{status: 503, code: "unavailable"})
				}
			})
			b.open(s.URL + "/sales/" + saleID)
			b.click(armed)
			b.see(hook("buy-message") + `[data-code="unavailable"]`)
		}},
		screen{"sale-paused", func(b *browser, s *shop) {
			s.set(func(s *shop) { withItems(s); s.status = "paused" })
			b.open(s.URL + "/sales/" + saleID)
			b.see(`.pill[data-phase=paused]`)
		}},
		screen{"sale-sold-out", func(b *browser, s *shop) {
			s.set(func(s *shop) { withItems(s); soldOut(s) })
			b.open(s.URL + "/sales/" + saleID)
			b.click(hook("tell-me"))
			b.see(hook("returns"))
		}},
		screen{"sale-waiting", func(b *browser, s *shop) {
			s.set(func(s *shop) { withItems(s); soldOut(s) })
			b.open(s.URL + "/sales/" + saleID)
			b.click(hook("join"))
			b.see(hook("place"))
		}},
		screen{"draw-enter", func(b *browser, s *shop) {
			s.set(withItems)
			s.set(drawing("entering"))
			b.open(s.URL + "/sales/" + saleID)
			b.see(hook("draw-steps"))
			b.see(hook("enter"))
		}},
		screen{"draw-rank", func(b *browser, s *shop) {
			s.set(withItems)
			s.set(drawing("drawn"))
			s.set(func(s *shop) { s.own = ownEntry("waiting", 117) })
			b.open(s.URL + "/sales/" + saleID)
			b.see(hook("rank"))
			b.see(hook("draw-steps"))
		}},
		screen{"draw-turn", func(b *browser, s *shop) {
			s.set(withItems)
			s.set(drawing("drawn"))
			s.set(withOrder("awaiting_payment"))
			s.set(func(s *shop) { s.own = ownEntry("offered", 3) })
			b.open(s.URL + "/sales/" + saleID)
			b.see(hook("offered"))
			b.see(hook("draw-steps"))
		}},
		screen{"draw-checked", func(b *browser, s *shop) {
			s.set(withItems)
			s.set(drawing("drawn"))
			b.open(s.URL + "/sales/" + saleID + "/draw")
			b.click(hook("check"))
			b.see(hook("verdict"))
		}},
		screen{"draw-wrong", func(b *browser, s *shop) {
			s.set(withItems)
			s.set(drawing("drawn"))
			s.set(func(s *shop) { s.forge = dropLine(7) })
			b.open(s.URL + "/sales/" + saleID + "/draw")
			b.click(hook("check"))
			b.see(hook("verdict"))
		}},
		screen{"queue-join", func(b *browser, s *shop) {
			s.set(withItems)
			s.set(queueing("gathering"))
			b.open(s.URL + "/sales/" + saleID)
			b.see(hook("join-queue"))
		}},
		screen{"queue-place", func(b *browser, s *shop) {
			s.set(withItems)
			s.set(queueing("open"))
			s.set(waits(411))
			b.open(s.URL + "/sales/" + saleID)
			b.see(hook("chances"))
		}},
		screen{"queue-turn", func(b *browser, s *shop) {
			s.set(withItems)
			s.set(queueing("open"))
			s.set(called(2 * time.Minute))
			b.open(s.URL + "/sales/" + saleID)
			b.see(armed)
		}},
		screen{"queue-checked", func(b *browser, s *shop) {
			s.set(withItems)
			s.set(queueing("open"))
			s.set(func(s *shop) { standing("lapsed", nil)(s); s.turn["number"] = "0000000000000001" })
			b.open(s.URL + "/sales/" + saleID)
			b.click(hook("fair") + " summary")
			b.click(hook("check-queue"))
			b.see(hook("queue-verdict"))
		}},
		screen{"sale-limit", func(b *browser, s *shop) {
			s.set(withItems)
			s.set(func(s *shop) {
				s.refuse = []refusal{{status: 409, code: "limit_exceeded", extra: map[string]any{"order_id": orderID}}}
			})
			b.open(s.URL + "/sales/" + saleID)
			b.click(armed)
			b.see(hook("see-order"))
		}},
		screen{"sale-long-titles", func(b *browser, s *shop) {
			s.set(withItems)
			s.set(func(s *shop) {
				s.name = strings.Repeat("Donaudampfschifffahrt 限量典藏版手机 ", 5)
				s.items[0]["title"], s.items[1]["title"] = strings.Repeat("Averyverylongword", 6), strings.Repeat("限量典藏版手机", 15)
			})
			b.open(s.URL + "/sales/" + saleID)
			b.see(armed)
		}},
		screen{"missing", func(b *browser, s *shop) {
			b.open(s.URL + "/sales/abc")
			b.see(hook("missing"))
		}},
		screen{"order-pay", func(b *browser, s *shop) { showOrder(b, s, "awaiting_payment") }},
		screen{"order-pay-failed", func(b *browser, s *shop) {
			showOrder(b, s, "awaiting_payment")
			s.failPayment()
			b.see(hook("pay-failed"))
		}},
		screen{"order-paid", func(b *browser, s *shop) { showOrder(b, s, "paid") }},
		screen{"order-refund", func(b *browser, s *shop) { showOrder(b, s, "refund_due") }},
		screen{"order-cancel", func(b *browser, s *shop) {
			showOrder(b, s, "awaiting_payment")
			b.click(hook("cancel"))
			b.see(hook("cancel-confirm"))
		}},
		screen{"gateway", func(b *browser, s *shop) {
			s.set(withItems)
			s.set(withOrder("awaiting_payment"))
			b.open(s.URL + "/orders/" + orderID) // where the language was chosen
			b.see(hook("pay"))
			b.open(s.URL + "/mock-pay/pay_1")
			b.see(hook("mock-pay"))
		}},
		screen{"gateway-paid", func(b *browser, s *shop) {
			s.set(withItems)
			s.set(withOrder("paid"))
			b.open(s.URL + "/orders/" + orderID)
			b.see(status("paid"))
			b.open(s.URL + "/mock-pay/pay_1")
			b.see(hook("mock-done"))
		}},
		screen{"orders", func(b *browser, s *shop) {
			s.set(withItems)
			s.set(withOrder("paid"))
			b.open(s.URL + "/orders")
			b.see(hook("order-row"))
		}},
	)
}

func showOrder(b *browser, s *shop, in string) {
	s.set(withItems)
	s.set(withOrder(in))
	b.open(s.URL + "/orders/" + orderID)
	b.see(status(in))
}

// withItems makes the sale one of several items with pictures.
func withItems(s *shop) {
	s.items = []map[string]any{
		{"sku": "phone-1", "title": "Aurora phone, 256 GB", "image_url": "/assets/pictures/phone-1.svg", "images": []string{"/assets/pictures/phone-2.svg", "/assets/pictures/phone-3.svg"},
			"price": 199900, "list_price": 299900, "currency": "CNY", "limit_per_buyer": 1, "stock": 100, "available": 42},
		{"sku": "earbuds-1", "title": "Drift earbuds", "image_url": "/assets/pictures/earbuds-1.svg", "images": []string{"/assets/pictures/earbuds-2.svg"},
			"price": 19900, "list_price": 29900, "currency": "CNY", "limit_per_buyer": 2, "stock": 300, "available": 287},
		{"sku": "charger-1", "title": "Pebble charger, 65 W", "image_url": "/assets/pictures/charger-1.svg",
			"price": 9900, "list_price": 14900, "currency": "CNY", "limit_per_buyer": 1, "stock": 20, "available": 3},
	}
}

func soldOut(s *shop) {
	s.status, s.returns = "sold_out", 4*time.Minute
	for i, held := range []int{17, 4, 0} {
		s.items[i]["available"], s.items[i]["held"] = 0, held
	}
}

func withMoreSales(s *shop) {
	withItems(s)
	other := func(id, name, status string, starts, lasts time.Duration, items ...map[string]any) map[string]any {
		at := s.opened.Add(starts).UTC()
		return map[string]any{"id": id, "name": name, "status": status, "hold_seconds": 300, "now": s.now().Format(time.RFC3339Nano),
			"starts_at": at.Format(time.RFC3339Nano), "ends_at": at.Add(lasts).Format(time.RFC3339Nano), "items": items}
	}
	item := func(sku, title string, price, list, stock, available int) map[string]any {
		return map[string]any{"sku": sku, "title": title, "price": price, "list_price": list, "currency": "CNY", "limit_per_buyer": 1, "stock": stock, "available": available,
			"image_url": "/assets/pictures/" + sku + ".svg"}
	}
	s.more = []map[string]any{
		other("7002", "Quiet hour: Drift earbuds", "upcoming", 3*time.Hour, time.Hour, item("earbuds-1", "Drift earbuds", 19900, 29900, 300, 300)),
		other("7003", "Pebble week", "upcoming", 74*time.Hour, time.Hour, item("charger-1", "Pebble charger, 65 W", 9900, 14900, 500, 500)),
		other("7004", "Harbour lamp, first batch", "ended", -20*time.Hour, time.Hour, item("lamp-7", "Harbour lamp", 49900, 0, 40, 0)),
	}
}

func withOrder(in string) func(*shop) {
	return func(s *shop) {
		s.order = map[string]any{"order_id": orderID, "sale_id": saleID, "status": in, "ticket": 17, "amount": 199900, "currency": "CNY",
			"lines": []any{map[string]any{"sku": "phone-1", "quantity": 1, "price": 199900}}, "created_at": s.now().Add(-30 * time.Second), "hold_until": s.now().Add(4*time.Minute + 31*time.Second)}
	}
}
