package ui_test

import (
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// Three clicks from the first page: buy, pay, and pay at the gateway.
func TestTheOnlySaleIsOnTheFirstPage(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := openBrowser(t, 390, 844)
	b.open(s.URL + "/")
	b.click(armed)
	b.see(status("queued"))
	b.clean()
}

// The first page tells what is on, what comes and what was, at which price against
// which, for how long, and what is left.
func TestTheFirstPageTellsWhatIsOnWhatComesAndWhatWas(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		s.set(withMoreSales)
		b := open(t)
		b.open(s.URL + "/")
		b.see(hook("sale"))
		for id, says := range map[string]struct{ phase, text string }{
			saleID: {"live", `from ¥99\.00\s.*¥149\.00\s.*33% off\s.*Ends in 5\d:\d\d\s.*3 items\s.*332 left`},
			"7002": {"upcoming", `¥199\.00\s.*¥299\.00\s.*Opens in (2:59:\d\d|3:00:00)\s.*300 units`},
			"7004": {"ended", `¥499\.00\s.*Ended `},
		} {
			card := hook("sale") + chromedp.CSS(`[data-sale="`+id+`"][data-phase=`+says.phase+`]`)
			b.see(card)
			b.matches(card, `(?s)`+says.text)
		}
		b.fits()
		b.clean()
	})
}

func TestItemsAreChosenAndSeen(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		s.set(withItems)
		b := open(t)
		b.open(s.URL + "/sales/" + saleID)
		b.see(armed)
		b.reads(hook("price"), "¥1,999.00")
		b.has(hook("list-price"), "¥2,999.00")
		js[any](b, `document.querySelectorAll('[data-testid=thumb]')[2].click()`)
		b.until(`document.querySelector('.gallery-main img')?.src.endsWith('phone-3.svg')`)
		b.click(hook("item") + `[data-sku="earbuds-1"]`)
		b.until(`document.querySelector('.gallery-main img')?.src.endsWith('earbuds-1.svg')`)
		// On a phone the button to buy lies over what is at the lower edge.
		js[any](b, `document.querySelector('[data-testid=more]').scrollIntoView({ block: 'center' })`)
		b.click(hook("more"))
		b.until(`document.querySelector('[data-testid=more]').disabled`, "two are the limit")
		b.click(armed)
		b.see(status("queued"))
		s.set(func(s *shop) {
			line := s.order["lines"].([]map[string]any)[0]
			assert.Equal(t, "earbuds-1", line["sku"])
			assert.InDelta(t, 2, line["quantity"], 0)
		})
		b.clean()
	})
}

func TestTheLanguageFollowsTheBrowserAndCanBeSwitched(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := openOn(t, night, 390, 844)
	b.open(s.URL + "/sales/" + saleID)
	b.see(armed)
	assert.Equal(t, "zh-CN", js[string](b, `document.documentElement.lang`))
	b.has(armed, "立即抢购")
	assert.Equal(t, "rgb(19, 16, 19)", js[string](b, `getComputedStyle(document.body).backgroundColor`), "dark where that is preferred")
	b.click(hook("language"))
	b.until(`document.documentElement.lang === 'en'`)
	b.has(armed, "Buy now")
	b.reload()
	b.see(armed)
	b.has(armed, "Buy now", "it is remembered")
	b.clean()

	b = openBrowser(t, 390, 844)
	b.open(s.URL + "/sales/" + saleID)
	b.see(armed)
	assert.Equal(t, "en", js[string](b, `document.documentElement.lang`))
	b.clean()
}

func TestPagesFitANarrowPhone(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(withMoreSales)
	s.set(withOrder("awaiting_payment"))
	s.set(func(s *shop) {
		s.startsIn, s.status = 50*time.Hour, "upcoming"
		s.items = append(s.items, map[string]any{"sku": "watch-1", "title": "Averyveryveryverylongproductnamewithoutanyspaceinit watch", "price": 99, "currency": "USD", "limit_per_buyer": 1, "stock": 1000000, "available": 1000000})
	})
	b := openBrowser(t, 360, 740)
	for _, language := range testkit.Share([]string{"en", "zh"}, 2) {
		for path, shows := range map[string]string{"/": "sale", "/sales/" + saleID: "buy", "/orders": "order-row", "/orders/" + orderID: "pay"} {
			b.open(s.URL + path)
			js[any](b, `localStorage.setItem('seckill.language', '`+language+`')`)
			b.reload()
			b.see(hook(shows))
			b.fits()
		}
	}
	b.clean()
}

// Everything can be done with the keyboard, and the focus is where it should be.
func TestTheKeyboardIsEnough(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(withOrder("awaiting_payment"))
	b := openBrowser(t, 1280, 900)
	b.open(s.URL + "/orders/" + orderID)
	b.see(hook("pay"))
	js[any](b, `document.querySelector('[data-testid=cancel]').focus()`)
	js[any](b, `document.activeElement.click()`)
	b.see(hook("cancel-confirm"))
	assert.True(t, js[bool](b, `document.querySelector('dialog[open]').contains(document.activeElement)`), "the dialog has the focus")
	js[any](b, `document.querySelector('dialog[open]').close()`)
	b.until(`document.activeElement === document.querySelector('[data-testid=cancel]')`, "the focus goes back")
	js[any](b, `document.querySelector('[data-testid=my-orders]').click()`)
	b.see(hook("order-row"))
	b.until(`document.activeElement.id === 'main'`, "a new view takes the focus")
	b.clean()
}

// A screen reader hears what changes without being told each second.
func TestChangesAreAnnounced(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(func(s *shop) { s.startsIn, s.status = 50*time.Hour, "upcoming" })
	b := openBrowser(t, 390, 844)
	b.open(s.URL + "/sales/" + saleID)
	b.see(hook("countdown"))
	assert.Equal(t, "off", js[string](b, `document.querySelector('[data-testid=countdown]').getAttribute('aria-live')`))
	s.opensIn(2*time.Second, b)
	b.until(`document.getElementById('announce').textContent === 'The sale is open.'`)
	b.click(armed)
	b.until(`document.getElementById('announce').textContent === 'You are in!'`)
	s.move("paid")
	b.until(`document.getElementById('announce').textContent === 'Paid. Thank you!'`)
	b.clean()
}

// axe-core finds nothing serious on any screen, and nothing that cannot be read
// in the dark either. Each run looks at a share of the screens, and at another share
// in the dark.
func TestPagesAreAccessible(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile("testdata/axe.min.js")
	require.NoError(t, err)
	const every = 8
	for name, c := range map[string]struct {
		on    device
		first int
		rules string
	}{
		"light": {plain, 0, `{resultTypes: ['violations']}`},
		"dark":  {night, every / 2, `{resultTypes: ['violations'], runOnly: {type: 'rule', values: ['color-contrast']}}`},
	} {
		t.Run(name, func(t *testing.T) {
			for i, screen := range screens {
				t.Run(screen.name, func(t *testing.T) {
					testkit.InTurn(t, c.first+i, every)
					t.Parallel()
					s := newShop(t)
					b := openOn(t, c.on, 390, 844)
					screen.show(b, s)
					js[any](b, string(axe)+";0")
					found := js[[]string](b, `axe.run(document, `+c.rules+`).then((r) => r.violations
						.filter((v) => v.impact === 'serious' || v.impact === 'critical')
						.map((v) => v.id + ': ' + v.nodes.map((n) => n.html + ' ' + n.failureSummary).join(' | ')))`)
					assert.Empty(t, found)
					b.close()
				})
			}
		})
	}
}
