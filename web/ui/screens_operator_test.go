package ui_test

import "github.com/chromedp/chromedp"

// operatorScreens are the operator's pages by their addresses, and what each shows
// when it is there.
var operatorScreens = []struct{ name, path, hook string }{
	{"operator-sales", "/admin", "admin-sales"},
	{"operator-sale", "/admin/sales/" + saleID, "refusals"},
	{"operator-rehearsal", "/admin/sales/" + rehearsalID, "refusals"},
	{"operator-edit", "/admin/sales/7003/edit", "sale-form"},
	{"operator-rehearse", "/admin/sales/" + saleID + "/rehearse", "rehearse-start"},
	{"operator-orders", "/admin/sales/" + saleID + "/orders", "orders"},
	{"operator-order", "/admin/orders/9003", "history"},
	{"operator-messages", "/admin/messages", "letters"},
	{"operator-refunds", "/admin/refunds", "refunds"},
	{"operator-system", "/admin/system", "part-redis"},
}

func init() {
	screens = append(screens, screen{"operator-sign-in", func(b *browser, s *shop) {
		b.open(s.URL + "/admin")
		b.see(hook("admin-token"))
	}})
	for _, one := range operatorScreens {
		screens = append(screens, screen{one.name, func(b *browser, s *shop) {
			s.set(func(s *shop) { withItems(s); s.status = "ready" })
			b.signIn(s)
			b.open(s.URL + one.path)
			b.see(hook(one.hook))
			b.do(chromedp.WaitVisible(chromedp.CSS("h1")))
		}})
	}
}
