package ui_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// onScreen waits until something stands in the window as it was opened, with
// nothing scrolled and nothing over it.
func (b *browser) onScreen(s chromedp.CSS) {
	b.t.Helper()
	b.see(s)
	b.until(`((e) => { const r = e.getBoundingClientRect(), x = r.left + 4, y = (r.top + r.bottom) / 2;
		return scrollY === 0 && r.top >= 0 && r.bottom <= innerHeight && r.left >= 0 && r.right <= innerWidth && e.contains(document.elementFromPoint(x, y)); })(document.querySelector('`+string(s)+`'))`,
		"%s is on the first screen", s)
}

func TestAPhonesFirstScreenSaysWhatIsBought(t *testing.T) {
	t.Parallel()
	for _, height := range []int64{844, 640} {
		t.Run(fmt.Sprint(height), func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.set(withItems)
			b := openBrowser(t, 360, height)
			for status, starts := range map[string]time.Duration{"live": -time.Minute, "upcoming": time.Hour, "paused": -time.Minute} {
				s.set(func(s *shop) { s.status, s.startsIn = status, starts })
				b.open(s.URL + "/sales/" + saleID)
				b.onScreen(`.buy-title`)
				b.reads(`.buy-title`, "Aurora phone, 256 GB")
				b.has(hook("buy-what"), "¥1,999.00")
				// Another item is one tap away, and then stands there.
				b.click(hook("change"))
				b.click(hook("item") + `[data-sku="earbuds-1"]`)
				js[any](b, `document.querySelector('[data-testid=more]').scrollIntoView({ block: 'center' })`)
				b.click(hook("more"))
				b.until(`document.querySelector('.buy-title').innerText === 'Drift earbuds × 2'`)
			}
			b.clean()
		})
	}
}

func TestSoldOutSaysOnTheFirstScreenThatUnitsMayComeBack(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		s.set(func(s *shop) { withItems(s); soldOut(s) })
		b := open(t)
		b.open(s.URL + "/sales/" + saleID)
		b.onScreen(hook("lead"))
		b.until(`/Everything is taken for now. The next one may come back in 0[34]:\d\d/.test(document.querySelector('[data-testid=lead]').innerText)`)
		// The chosen one alone is gone.
		s.stir(func(s *shop) { s.status, s.items[1]["available"] = "live", 5 })
		b.until(`/The next one may come back in 0[34]:\d\d/.test(document.querySelector('[data-testid=buy-message]').innerText)`)
		// All are paid for: no false hope.
		s.stir(func(s *shop) {
			s.status, s.returns = "sold_out", 0
			for _, item := range s.items {
				item["available"], item["held"] = 0, 0
			}
		})
		b.until(`document.querySelector('[data-testid=lead]').innerText.includes('Every unit is paid for')`)
		b.clean()
	})
}

func TestThePictureOfASaleAndItsPriceAreOfOneItem(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(withMoreSales)
	b := openBrowser(t, 390, 844)
	card := `[data-testid=sale][data-sale="` + saleID + `"]`
	for _, c := range []struct{ picture, price string }{{"charger-1.svg", "from ¥99.00"}, {"earbuds-1.svg", "from ¥199.00"}, {"phone-1.svg", "¥1,999.00"}} {
		b.open(s.URL + "/")
		b.see(chromedp.CSS(card))
		b.reads(chromedp.CSS(card)+" "+hook("price"), c.price)
		assert.Contains(t, js[string](b, `document.querySelector('`+card+` img').src`), c.picture)
		s.set(func(s *shop) { // the cheapest is gone
			for i := len(s.items) - 1; i >= 0; i-- {
				if s.items[i]["available"] != 0 {
					s.items[i]["available"] = 0
					return
				}
			}
		})
	}
	b.clean()
}

func TestASaleThatIsNotOpenSaysHowManyThereAre(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(withItems)
	b := openBrowser(t, 1280, 900)
	for _, c := range []struct {
		status string
		starts time.Duration
		says   string
	}{
		{"upcoming", time.Hour, "100 units"},
		{"paused", time.Hour, "100 units"},
		{"paused", -time.Minute, "42 left"},
		{"live", -time.Minute, "42 left"},
		{"ended", -2 * time.Hour, ""},
	} {
		s.set(func(s *shop) { s.status, s.startsIn = c.status, c.starts })
		b.open(s.URL + "/sales/" + saleID)
		b.see(hook("item"))
		assert.Equal(t, c.says, js[string](b, `document.querySelector('[data-testid=item] small').innerText`), "%s, from %v", c.status, c.starts)
		if c.says != "" {
			b.reads(hook("stock"), c.says, c.status)
		}
	}
	b.clean()
}

// Under a button that cannot be pressed stands why, and nothing of pressing it.
func TestAButtonThatIsOffHasTheRightHint(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(withItems)
	b := openBrowser(t, 390, 844)
	for _, c := range []struct {
		status    string
		starts    time.Duration
		available int
		says      string
	}{
		{"upcoming", time.Hour, 42, "^The button opens by itself"},
		{"live", -time.Minute, 42, "^One press is enough"},
		{"sold_out", -time.Minute, 0, "^What is not paid for in time comes back"},
		{"paused", -time.Minute, 42, "^$"},
		{"ended", -2 * time.Hour, 42, "^$"},
	} {
		s.set(func(s *shop) {
			s.status, s.startsIn = c.status, c.starts
			for _, item := range s.items {
				item["available"] = c.available
			}
		})
		b.open(s.URL + "/sales/" + saleID)
		b.see(hook("buy"))
		says := js[string](b, `document.querySelector('[data-testid=buy-message]').innerText.trim()`)
		assert.Regexp(t, c.says, says, c.status)
	}
	b.clean()
}

// Titles of any length and writing leave room for the rest.
func TestLongTitlesLeaveRoomForTheRest(t *testing.T) {
	t.Parallel()
	for i, title := range []string{
		strings.Repeat("Donaudampfschifffahrt", 10)[:200],
		strings.Repeat("限量典藏版手机", 29)[:200*3],
		strings.Repeat("Aurora phone, midnight ", 9)[:200],
	} {
		t.Run([]string{"one word", "Chinese", "words"}[i], func(t *testing.T) {
			testkit.InTurn(t, i, 3)
			t.Parallel()
			onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
				s := newShop(t)
				s.set(withMoreSales)
				s.set(withOrder("awaiting_payment"))
				s.set(func(s *shop) { s.name, s.items[0]["title"], s.more[0]["name"] = title, title, title })
				b := open(t)
				atMost := func(lines int, s chromedp.CSS) {
					t.Helper()
					b.see(s)
					is := js[float64](b, `((e) => e.clientHeight / parseFloat(getComputedStyle(e).lineHeight))(document.querySelector('`+string(s)+`'))`)
					assert.LessOrEqual(t, is, float64(lines)+0.2, "lines of %s", s)
					b.fits()
				}
				b.open(s.URL + "/")
				atMost(2, `[data-sale="7002"] h3`)
				b.open(s.URL + "/sales/" + saleID)
				atMost(3, `#sale-name`)
				atMost(2, `.choice .clamp`)
				b.onScreen(hook("countdown"))
				b.see(armed)
				b.until(`document.querySelector('.buy').getBoundingClientRect().right <= innerWidth`)
				b.open(s.URL + "/orders")
				atMost(2, `.order-row strong`)
				b.open(s.URL + "/orders/" + orderID)
				b.see(hook("line"))
				b.onScreen(hook("pay"))
				b.fits()
				b.open(s.URL + "/mock-pay/pay_1")
				b.see(hook("mock-pay"))
				b.fits()
				b.clean()
			})
		})
	}
}

func TestTimesSayTheirZone(t *testing.T) {
	t.Parallel()
	zones := []struct {
		on   device
		zone string
		says *regexp.Regexp
	}{
		{plain, "Asia/Shanghai", regexp.MustCompile(`\d\d:\d\d GMT\+8`)},
		{plain, "America/New_York", regexp.MustCompile(`\d\d:\d\d (EST|EDT|GMT-[45])`)},
		{night, "Asia/Shanghai", regexp.MustCompile(`\d\d:\d\d（北京时间）`)},
	}
	for _, c := range testkit.Share(zones, 3) {
		s := newShop(t)
		s.set(withMoreSales)
		s.set(withOrder("paid"))
		s.set(func(s *shop) {
			s.status, s.startsIn = "upcoming", 50*time.Hour
			s.script = `const real = Intl.DateTimeFormat;
				Intl.DateTimeFormat = function (l, o) { return new real(l, { timeZone: '` + c.zone + `', ...o }); };`
		})
		b := openOn(t, c.on, 1280, 900)
		for path, where := range map[string]chromedp.CSS{
			"/": `[data-sale="7003"]`, "/sales/" + saleID: `.count-caption`, "/orders": `[data-testid=order-row]`, "/orders/" + orderID: `[data-testid=steps]`,
		} {
			b.open(s.URL + path)
			b.see(where)
			b.matches(where, c.says.String(), "%s in %s", path, c.zone)
		}
		b.clean()
	}
}

func TestAnAddressThatIsNoneLeadsHome(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := openBrowser(t, 390, 844)
	for _, path := range []string{"/sales/abc", "/nothing", "/orders/404404", "/sales/404404"} {
		b.open(s.URL + path)
		b.click(hook("home"))
		b.see(hook("only-sale"))
		assert.Equal(t, "/", js[string](b, `location.pathname`), path)
	}
	b.clean()
}
