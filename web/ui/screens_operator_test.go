package ui_test

import "github.com/chromedp/chromedp"

// operatorScreens are the operator's pages by their addresses, and what each shows
// when it is there.
var operatorScreens = []struct{ name, path, hook string }{
	{"operator-sales", "/admin", "admin-sales"},
	{"operator-sale", "/admin/sales/" + saleID, "refusals"},
	{"operator-rehearsal", "/admin/sales/" + rehearsalID, "refusals"},
	{"operator-draw", "/admin/sales/" + drawID, "admin-draw"},
	{"operator-queue", "/admin/sales/" + queueID, "admin-queue"},
	{"operator-edit", "/admin/sales/7003/edit", "sale-form"},
	{"operator-log", "/admin/sales/" + saleID + "/log", "trail"},
	{"operator-rehearse", "/admin/sales/" + saleID + "/rehearse", "rehearse-start"},
	{"operator-orders", "/admin/sales/" + saleID + "/orders", "orders"},
	{"operator-waitlist", "/admin/sales/" + saleID + "/waitlist", "places"},
	{"operator-order", "/admin/orders/9003", "history"},
	{"operator-stock", "/admin/goods", "goods"},
	{"operator-goods", "/admin/goods/phone-1", "goods-history"},
	{"operator-messages", "/admin/messages", "letters"},
	{"operator-refunds", "/admin/refunds", "refunds"},
	{"operator-system", "/admin/system", "part-redis"},
}

func init() {
	screens = append(screens, screen{"operator-sign-in", func(b *browser, s *shop) {
		b.open(s.URL + "/admin")
		b.see(hook("admin-token"))
	}})
	screens = append(screens, screen{"operator-new", func(b *browser, s *shop) {
		b.signIn(s)
		b.open(s.URL + "/admin/new")
		b.do(chromedp.SendKeys(hook("item-0-sku"), "phone 1"))
		b.click(hook("save-sale"))
		b.see("#item-0-sku-error")
	}}, screen{"operator-import", func(b *browser, s *shop) {
		s.set(withItems)
		b.signIn(s)
		b.open(s.URL + "/admin/import")
		b.choose("spring.csv", "sale_key,sale_name\n")
		b.see(hook("import-plan"))
	}}, screen{"operator-stock-import", func(b *browser, s *shop) {
		b.signIn(s)
		b.open(s.URL + "/admin/goods-import")
		b.choose("delivery.csv", "goods,by\n")
		b.see(hook("import-rows"))
	}}, screen{"operator-stock-refused", func(b *browser, s *shop) {
		s.set(withRefusedRow)
		b.signIn(s)
		b.open(s.URL + "/admin/goods-import")
		b.choose("count.csv", "goods,on_hand\n")
		b.see(hook("import-rows"))
	}})
	for _, one := range operatorScreens {
		screens = append(screens, screen{one.name, func(b *browser, s *shop) {
			s.set(func(s *shop) {
				withItems(s)
				s.status = "ready"
				if one.name == "operator-rehearsal" {
					s.readings = 42 // the crowd is still there
				}
			})
			b.signIn(s)
			b.open(s.URL + one.path)
			b.see(hook(one.hook))
			b.do(chromedp.WaitVisible(chromedp.CSS("h1")))
		}})
	}
}
