package ui_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// texts gives what each element of a kind says.
func (b *browser) texts(selector string) []string {
	b.t.Helper()
	return js[[]string](b, `[...document.querySelectorAll('`+selector+`')].map((n) => n.innerText)`)
}

// onSale opens the dashboard of a sale that is in a state.
func onSale(t *testing.T, state string, change ...func(*shop)) (*browser, *shop) {
	t.Helper()
	s := newShop(t)
	s.set(func(s *shop) { s.status = state })
	for _, c := range change {
		s.set(c)
	}
	b := openBrowser(t, 1280, 900)
	b.signIn(s)
	b.open(s.URL + "/admin/sales/" + saleID)
	b.see(hook("refusals"))
	return b, s
}

func TestTheListOfSalesBeginsWithWhatRuns(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		s.set(func(s *shop) {
			s.status = "ready"
			at := func(id, name, state string, in time.Duration) map[string]any {
				sale := s.adminSale(id, name, state)
				starts := s.now().Add(in)
				sale["starts_at"], sale["ends_at"] = starts.Format(time.RFC3339Nano), starts.Add(time.Hour).Format(time.RFC3339Nano)
				if state == "closed" {
					sale["ended_at"] = sale["ends_at"]
				}
				return sale
			}
			s.forOperator.sales = []map[string]any{at("6005", "Paused one", "paused", -20*time.Minute), at("6004", "In three hours", "ready", 3*time.Hour), at("6003", "In two hours", "ready", 2*time.Hour),
				at("6002", "Over yesterday", "closed", -24*time.Hour), at("6001", "Over and not closed yet", "ready", -2*time.Hour)}
		})
		b := open(t)
		b.signIn(s)
		b.until(`document.querySelectorAll('[data-sale]').length === 8`)
		assert.Equal(t, []string{"Paused one", "Midnight drop", "In two hours", "In three hours", "Winter lights", "Over and not closed yet", "Over yesterday", "Autumn sale"}, b.texts(".row-title"))
		pills := b.texts(`.row-pills`)
		assert.Equal(t, []string{"Paused", "Live", "Draft", "Over", "Over", "Over"}, append(pills[:2:2], pills[4:]...))
		assert.Regexp(t, `^Opens in (2:00:00|1:5\d:\d\d)$`, pills[2])
		assert.Equal(t, []string{"6005", saleID, "6003", "6004", "7003"}, js[[]string](b, `[...document.querySelectorAll('[data-testid=sale-rehearse]')].map((n) => n.closest('[data-sale]').dataset.sale)`),
			"what is over is not rehearsed")
		was := pills[2]
		b.until(`!document.querySelector('[data-sale="6003"] .pill').innerText.endsWith('`+was[len(was)-2:]+`')`, "it counts down")
		b.fits()
		b.clean()
	})
}

func TestASaleSaysOnceWhereItStands(t *testing.T) {
	t.Parallel()
	for state, says := range map[string]string{"paused": "Paused", "ready": "Live", "recovering": "Recovering"} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			b, _ := onSale(t, state)
			assert.Equal(t, []string{says}, b.texts(".sale-head .pill"))
			assert.Equal(t, []string{"To be paid"}, b.texts("[data-testid=statuses] dt"), "the paid ones are a step of the funnel already")
			b.clean()
		})
	}
}

func TestASaleThatWasClosedEarlySaysWhenItEnded(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(func(s *shop) { s.early = 42 * time.Minute })
	b := openBrowser(t, 1280, 900)
	b.signIn(s)
	early := js[string](b, fmt.Sprintf(`new Date(%d).toLocaleTimeString('en-GB')`, s.opened.Add(s.startsIn-7*24*time.Hour+18*time.Minute).UnixMilli()))
	b.until(`document.querySelector('[data-sale="7000"]').innerText.includes('closed early, at')`)
	b.has(chromedp.CSS(`[data-sale="7000"]`), early)
	s.set(func(s *shop) { s.status = "closed" })
	early = js[string](b, fmt.Sprintf(`new Date(%d).toLocaleTimeString('en-GB')`, s.opened.Add(s.startsIn-7*24*time.Hour+18*time.Minute).UnixMilli()))
	b.open(s.URL + "/admin/sales/" + saleID)
	b.see(hook("closed-early"))
	b.has(hook("closed-early"), early)
	assert.Equal(t, []string{"Over"}, b.texts(".sale-head .pill"))
	assert.Empty(t, b.texts("[data-testid=go-rehearse]"))
	b.clean()
}

func TestTheLogOfASaleSaysResumed(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := openBrowser(t, 1280, 900)
	b.signIn(s)
	b.open(s.URL + "/admin/sales/" + saleID + "/log")
	b.see(hook("trail"))
	assert.Equal(t, []string{"Units of phone-1: +50, now 100", "Resumed", "Paused", "Preloaded", "Created"}, b.texts(".trail b"))
	b.clean()
}

// pastPoints are points of a sale, one every two seconds, the last just now.
func pastPoints(n int) string {
	points := make([]string, n)
	for i := range points {
		points[i] = fmt.Sprintf(`{"at":%q,"available":%d,"in_flight":0,"reserved":%d,"sold":0,"accepted":%d,"refused":0}`,
			time.Now().Add(-allReadings*time.Second-time.Duration(n-i)*2*time.Second).UTC().Format("2006-01-02T15:04:05.000Z"), 1000-i/2, i/2, i/2)
	}
	return strings.Join(points, ",")
}

func TestAChartHasWhatWasBeforeThePageWasOpened(t *testing.T) {
	t.Parallel()
	b, s := onSale(t, "ready", func(s *shop) { s.past = pastPoints(300) })
	b.until(`Number(document.querySelector('.chart').dataset.seconds) >= 600`, "the history is drawn")
	// A page that comes back to a process without a past keeps what it has seen.
	s.set(func(s *shop) { s.past = "" })
	s.lose()
	b.see(hook("stale"))
	s.find()
	b.until(`!document.querySelector('[data-testid=stale]')`)
	b.until(`Number(document.querySelector('.chart').dataset.seconds) >= 600`)
	b.clean()
}

// A chart that has just begun has few seconds and few orders: its axes must not say
// the same again and again.
func TestAnAxisSaysNothingTwice(t *testing.T) {
	t.Parallel()
	for i, readings := range []int{0, 2, 30, allReadings} {
		t.Run(fmt.Sprint(readings), func(t *testing.T) {
			testkit.InTurn(t, i, 2)
			t.Parallel()
			b, _ := onSale(t, "ready", func(s *shop) {
				s.readings = readings
				s.script = `window.drawn = new Map();
const fill = CanvasRenderingContext2D.prototype.fillText, clear = CanvasRenderingContext2D.prototype.clearRect;
CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) { drawn.get(this)?.push(text); return fill.call(this, text, ...rest); };
CanvasRenderingContext2D.prototype.clearRect = function (...rest) { drawn.set(this, []); return clear.call(this, ...rest); };`
			})
			b.until(`drawn.size >= 2 && [...drawn.values()].every((texts) => texts.length > 2)`)
			for _, labels := range js[[][]string](b, `[...drawn.values()]`) {
				seen := map[string]bool{}
				for _, label := range labels {
					assert.False(t, seen[label], "%q is there twice: %v", label, labels)
					seen[label] = true
				}
			}
			b.clean()
		})
	}
}

var (
	anyTime  = regexp.MustCompile(`\d{1,2}:\d{2}(:\d{2})?( ?[AaPp]\.?[Mm]\b)?`)
	goodTime = regexp.MustCompile(`^\d{2}:\d{2}:\d{2}$`)
)

// In a browser that would write 9:05 PM.
func TestTimesAreWrittenInOneWayAndTheZoneIsNamedOnce(t *testing.T) {
	t.Parallel()
	for i, language := range []string{"en-US", "zh-CN"} {
		t.Run(language, func(t *testing.T) {
			testkit.InTurn(t, i, 2)
			t.Parallel()
			s := newShop(t)
			s.set(func(s *shop) {
				s.status = "ready"
				s.script = `Object.defineProperty(navigator, 'languages', { get: () => ['` + language + `'] });`
			})
			b := openBrowser(t, 1280, 900)
			b.signIn(s)
			zone := js[string](b, `Intl.DateTimeFormat().resolvedOptions().timeZone`)
			for _, page := range operatorScreens {
				b.open(s.URL + page.path)
				b.see(hook(page.hook))
				text := b.text("#app")
				for _, found := range anyTime.FindAllString(text, -1) {
					assert.Regexp(t, goodTime, found, page.name)
				}
				assert.Equal(t, 1, strings.Count(text, zone), "%s: %s", page.name, text)
			}
			b.clean()
		})
	}
}

// isRed tells of what on the page is painted red, by tag, class and text.
const isRed = `(() => {
	const red = (colour) => { const [r, g, b, a = 1] = (colour.match(/[\d.]+/g) ?? []).map(Number); return a > 0 && r > 120 && r - Math.max(g, b) > 70; };
	const found = [];
	for (const n of document.querySelectorAll('#app *')) {
		const s = getComputedStyle(n);
		const painted = [n.textContent.trim() && s.color, s.backgroundColor, s.borderTopWidth !== '0px' && s.borderTopColor, n instanceof SVGElement && s.fill, n instanceof SVGElement && s.stroke];
		if (painted.some((c) => c && red(c)) && n.checkVisibility()) found.push(n.tagName + '.' + n.getAttribute('class') + ' ' + n.textContent.trim().slice(0, 40));
	}
	return found;
})()`

func TestRedIsForTroubleAlone(t *testing.T) {
	t.Parallel()
	for i, d := range []device{plain, night} {
		t.Run([]string{"light", "dark"}[i], func(t *testing.T) {
			testkit.InTurn(t, i, 2)
			t.Parallel()
			s := newShop(t)
			s.set(func(s *shop) { s.status = "ready" })
			b := openOn(t, d, 1280, 900)
			b.signIn(s)
			for _, page := range []struct{ path, hook string }{{"/admin", "admin-sales"}, {"/admin/sales/" + saleID, "refusals"}, {"/admin/sales/" + saleID + "/rehearse", "rehearse-start"},
				{"/admin/sales/" + saleID + "/orders", "orders"}, {"/admin/sales/" + saleID + "/log", "trail"}, {"/admin/system", "part-redis"}, {"/admin/new", "sale-form"}} {
				b.open(s.URL + page.path)
				b.see(hook(page.hook))
				assert.Empty(t, js[[]string](b, isRed), page.path)
			}
			b.open(s.URL + "/admin/sales/" + saleID)
			b.see(hook("refusals"))
			b.click(hook("admin-close"))
			b.see(hook("admin-close-confirm"))
			assert.Empty(t, js[[]string](b, isRed), "closing is no trouble")
			js[any](b, `document.querySelector('dialog[open]').close()`)
			s.set(func(s *shop) { s.drift = 3 })
			b.see(hook("health") + `[data-verdict=drift]`)
			assert.NotEmpty(t, js[[]string](b, isRed))
			b.clean()
		})
	}
}

func TestAStockTableNamesItsItems(t *testing.T) {
	t.Parallel()
	b, s := onSale(t, "ready")
	b.see(hook("stock"))
	assert.Equal(t, []string{"Aurora X2 phone, 256 GB, midnight\nphone-1"}, b.texts("[data-testid=stock] tbody th"))
	b.click(hook("stock-phone-1"))
	b.see("dialog[open] h2")
	b.has("dialog[open] h2", "Aurora X2 phone")
	require.NotContains(t, b.text("dialog[open] h2"), "{")
	b.open(s.URL + "/admin/orders/9003")
	b.until(`document.querySelector('[data-testid=order-facts]')?.innerText.includes('Aurora X2 phone, 256 GB, midnight × 1\nphone-1')`)
	b.has(hook("order-facts"), "Midnight drop")
	b.clean()
}
