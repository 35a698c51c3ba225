package ui_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func speak(b *browser, language string) {
	b.t.Helper()
	js[any](b, `localStorage.setItem('seckill.language', '`+language+`')`)
}

// What the server finds wrong with a sale stands at its fields, in the reader's
// language, until that field is changed.
func TestAFormSaysAtTheFieldWhatIsWrong(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		s.set(func(s *shop) {
			withItems(s)
			s.wrong = []map[string]any{{"field": "items[0].currency", "reason": "\"RMB\" is not a currency; did you mean CNY?"}, {"field": "items[1].images[0]", "reason": "must be an https or http address"},
				{"field": "name", "reason": "must be 1 to 200 printable characters"}, {"field": "items[0].price", "reason": "must be 0 to 1000000000000 minor units"}}
		})
		b := open(t)
		b.signIn(s)
		b.open(s.URL + "/admin/sales/7003/edit")
		b.click(hook("save-sale"))
		b.see("#name-error")
		b.reads("#item-0-currency-error", `"RMB" is not a currency; did you mean CNY?`)
		b.reads("#item-1-images-error", "Must be an https or http address")
		b.reads("#item-0-price-error", "An amount in CNY, such as 199.00", "the form is not in minor units")
		b.reads(hook("form-problem"), "Not saved: see what is wrong at the fields.")
		assert.Equal(t, "name", js[string](b, `document.activeElement.id`), "one goes to the first")
		b.do(chromedp.SendKeys(chromedp.CSS("#name"), "!"))
		b.until(`!document.querySelector('#name-error')`)
		b.see("#item-0-currency-error")

		s.set(func(s *shop) {
			s.wrong = append(s.wrong, map[string]any{"field": "colour", "reason": "is not a field"})
		})
		b.click(hook("save-sale"))
		b.until(`document.querySelector('[data-testid=form-problem]').innerText === 'colour: Is not a field'`, "what has no field is said too")

		speak(b, "zh")
		b.reload()
		b.click(hook("save-sale"))
		b.see("#name-error")
		for _, field := range []string{"#name-error", "#item-0-currency-error", "#item-1-images-error", "#item-0-price-error"} {
			assert.NotRegexp(t, `[a-z]{2,} [a-z]{2,}`, b.text(chromedp.CSS(field)), "no English sentence")
		}
		b.fits()
		b.clean()
	})
}

func TestAnAmountIsAskedForAsItsCurrencyIsWritten(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := openBrowser(t, 1280, 900)
	b.signIn(s)
	b.open(s.URL + "/admin/new")
	for currency, says := range map[string]string{"JPY": "An amount in JPY, such as 199", "KWD": "An amount in KWD, such as 199.000"} {
		js[any](b, `(() => { const f = document.querySelector('#item-0-currency'); f.value = '`+currency+`'; f.dispatchEvent(new Event('input', { bubbles: true })); })()`)
		b.click(hook("save-sale"))
		b.until(`document.querySelector('#item-0-price-error')?.innerText === '`+says+`'`, currency)
	}
	b.clean()
}

func TestAChangeOfStockSaysAtTheFieldWhatIsWrong(t *testing.T) {
	t.Parallel()
	b, s := onSale(t, "ready", func(s *shop) { s.wrong = []map[string]any{{"field": "delta", "reason": "must not be 0"}} })
	b.click(hook("stock-phone-1"))
	b.do(chromedp.SendKeys(hook("delta"), "0"), chromedp.SendKeys(hook("reason"), "none came"))
	js[any](b, `document.querySelector('[data-testid=stock-phone-1-confirm]').click()`)
	b.see("#delta-error")
	b.reads("#delta-error", "Must not be 0")
	assert.Equal(t, "none came", js[string](b, `document.querySelector('[data-testid=reason]').value`), "nothing written is lost")
	s.set(func(s *shop) { require.Len(t, s.verbs, 1) })
	b.clean()
}

// The server refuses wrong tokens of an address for a while, unread.
func TestSigningInSaysHowLongToWait(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		s.set(func(s *shop) { s.waits = "3" })
		b := open(t)
		b.open(s.URL + "/admin")
		b.do(chromedp.SendKeys(hook("admin-token"), adminToken))
		// How soon it is looked at nobody knows, so each text is kept.
		js[any](b, `window.said = []; new MutationObserver(() => said.push(document.querySelector('[data-testid=sign-in-problem]').innerText)).observe(document.querySelector('.sign-in'), { childList: true, characterData: true, subtree: true })`)
		b.click(hook("admin-sign-in"))
		b.until(`said.includes('Too many wrong tokens from your address. Wait 3 s.')`)
		s.set(func(s *shop) { s.waits = "" })
		b.until(`!document.querySelector('[data-testid=admin-sign-in]').disabled`, "once the time is over")
		b.click(hook("admin-sign-in"))
		b.see(hook("admin-sales"))
		assert.Contains(t, js[[]string](b, `said`), "Too many wrong tokens from your address. Wait 1 s.", "it counts down")
		b.clean()
	})
}

// A browser's own field for a time would write it as its owner is used to, 9:05 PM.
func TestAFormTakesTimesAsThePagesWriteThem(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := openBrowser(t, 390, 844)
	b.signIn(s)
	b.open(s.URL + "/admin/sales/7003/edit")
	b.see(hook("starts_at-time"))
	assert.Regexp(t, goodTime, js[string](b, `document.querySelector('#starts_at-time').value`))
	assert.Equal(t, 0, js[int](b, `document.querySelectorAll('[type=datetime-local], [type=time]').length`))
	write := func(time string) {
		js[any](b, `(() => { const f = document.querySelector('#starts_at-time'); f.value = '`+time+`'; f.dispatchEvent(new Event('input', { bubbles: true })); })()`)
		b.click(hook("save-sale"))
	}
	for _, wrong := range []string{"9:05 PM", "25:00:00", "20.00", "8pm", ""} {
		write(wrong)
		b.until(`document.querySelector('#starts_at-error')?.innerText === 'A day, and a time such as 20:00:00'`, wrong)
	}
	s.set(func(s *shop) { require.Empty(t, s.verbs) })
	js[any](b, `(() => { for (const [id, v] of [['starts_at', '2030-12-24'], ['ends_at', '2030-12-25']]) { const f = document.querySelector('#' + id); f.value = v; f.dispatchEvent(new Event('input', { bubbles: true })); } })()`)
	want := js[string](b, `new Date(2030, 11, 24, 20, 15, 30).toISOString()`)
	write("20:15:30")
	b.see(hook("dashboard"))
	s.set(func(s *shop) {
		require.Len(t, s.verbs, 1)
		assert.Contains(t, s.verbs[0], `"starts_at":"`+want+`"`)
	})
	b.fits()
	b.clean()
}
