package ui_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// asOwner makes the tab the own buyer's, who is in every draw.
func (b *browser) asOwner(s *shop) {
	b.t.Helper()
	b.open(s.URL + "/favicon.ico")
	js[any](b, `localStorage.setItem('seckill.buyer', '`+ownName+`')`)
}

// Who enters is told so, also after a reload, and can take it back for another item.
func TestABuyerEntersTheDrawAndTakesItBack(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		s.set(withItems)
		s.set(drawing("entering"))
		b := open(t)
		b.open(s.URL + "/sales/" + saleID)
		b.matches(hook("enter"), "Enter the draw")
		b.has(hook("trust"), "have to trust the shop")
		b.until(`/^0[34]$/.test(document.querySelectorAll('.count-value')[2].innerText)`, "the time to enter runs")
		assert.Empty(t, b.texts("[data-testid=buy], [data-testid=waitlist], [data-testid=returns]"))
		b.click(hook("enter"))
		b.see(hook("draw") + `[data-status=entered]`)
		b.has(hook("draw-message"), "You are in the draw. For: Aurora phone")
		s.set(func(s *shop) { assert.Equal(t, "phone-1", s.own["sku"]) })
		b.reload()
		b.see(hook("draw") + `[data-status=entered]`)

		b.click(hook("withdraw"))
		b.has(hook("draw-message"), "taken back")
		s.set(func(s *shop) { assert.Nil(t, s.own) })
		js[any](b, `document.querySelector('[data-testid=item][data-sku="earbuds-1"] input').click()`)
		b.click(hook("enter") + `[data-sku="earbuds-1"]`)
		b.has(hook("draw-message"), "For: Drift earbuds")

		// In another tab it was for another item.
		s.set(func(s *shop) { s.own = ownEntry("entered", 0) })
		b.click(hook("withdraw"))
		b.see(hook("enter"))
		s.set(func(s *shop) { s.own = ownEntry("entered", 0) })
		b.click(hook("enter") + `[data-sku="earbuds-1"]`)
		b.has(hook("draw-message"), "another item already")
		b.see(hook("draw") + `[data-status=entered]`)
		b.fits()
		b.clean()
	})
}

// From the end of the entries on the page follows the draw by itself, to the order.
func TestWhoIsDrawnIsLedToPay(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s, b := newShop(t), open(t)
		s.set(func(s *shop) {
			withItems(s)
			drawing("entering")(s)
			s.status, s.items[0]["available"] = "sold_out", 0 // kept for who is drawn
		})
		look := func() { js[bool](b, `dispatchEvent(new Event('online'))`) } // a network that is back is a reason to
		b.open(s.URL + "/sales/" + saleID)
		b.click(hook("enter"))
		b.see(hook("draw") + `[data-status=entered]`)
		s.set(func(s *shop) {
			s.draw.doc["entries_until"] = time.Now().Add(time.Second).UTC().Format(time.RFC3339Nano)
		})
		look()
		b.see(hook("draw") + `[data-stage=closing][data-status=entered]`)
		assert.Empty(t, b.texts("[data-testid=withdraw]"), "the entries stand")
		s.set(drawing("committed"))
		look()
		b.see(hook("draw") + `[data-stage=committed]`)
		b.see(hook("countdown"))
		s.set(func(s *shop) {
			drawing("drawn")(s)
			s.own = ownEntry("waiting", 117)
		})
		b.open(s.URL + "/sales/" + saleID)
		b.has(hook("rank"), "Your rank is 117 of 121. Units: 100. It is your turn if")
		s.set(func(s *shop) {
			withOrder("awaiting_payment")(s)
			s.own = ownEntry("offered", 117)
		})
		b.see(hook("offered"))
		b.until(`document.getElementById('announce').textContent.startsWith('It is your turn')`)
		b.has(hook("offered"), "pay ¥1,999.00")
		assert.NotContains(t, b.text("#app"), "old out")
		b.click(hook("offered"))
		b.see(hook("pay"))

		s.move("expired")
		b.open(s.URL + "/sales/" + saleID)
		b.reads(hook("offered"), "See your order")
		b.has(hook("draw-message"), "Time is up")
		for status, says := range map[string]string{"lapsed": "did not come to your turn", "left": "gave up"} {
			s.set(func(s *shop) { s.own = ownEntry(status, 117) })
			b.open(s.URL + "/sales/" + saleID)
			b.has(hook("draw-message"), says)
		}
		s.set(func(s *shop) { s.leftOver, s.status, s.items[0]["available"] = true, "live", 3 })
		b.open(s.URL + "/sales/" + saleID)
		b.see(hook("buy")) // what nobody who was drawn wanted
		b.see(hook("was-drawn") + ` a[href="/sales/` + saleID + `/draw"]`)
		b.fits()
		b.clean()
	})
}

func TestTheFirstPageMarksADraw(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(func(s *shop) {
		withMoreSales(s)
		drawing("entering")(s)
		s.status, s.items[0]["available"] = "sold_out", 0
	})
	b := openBrowser(t, 390, 844)
	b.open(s.URL + "/")
	b.matches(hook("sale")+chromedp.CSS(`[data-sale="`+saleID+`"]`), `(?s)Draw: enter now.*Enter within 0?[34]:\d\d.*420 units`)
	b.fits()
	b.clean()
}

// checks opens the page of the draw and has it checked.
func (b *browser) checks(s *shop) {
	b.t.Helper()
	b.open(s.URL + "/sales/" + saleID + "/draw")
	b.click(hook("check"))
	b.see(hook("verdict"))
}

func (b *browser) verdict() string {
	b.t.Helper()
	return js[string](b, `document.querySelector('[data-testid=verdict]').dataset.verdict`)
}

// wrong are the checks that found something.
func (b *browser) wrong() []string {
	b.t.Helper()
	return js[[]string](b, `[...document.querySelectorAll('[data-testid=findings] [data-wrong]')].map((n) => n.dataset.check + ': ' + n.querySelector('p').innerText)`)
}

func TestTheCheckApprovesOfARealDraw(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from    beacon
		entries int
		verdict string
	}{"quicknet": {quicknetRound(), 20_000, "good"}, "local": {localRound(), 240, "trust"}, "nobody else": {localRound(), 0, "trust"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.set(withItems)
			s.set(func(s *shop) { s.draw, s.own = newDraw(c.from, c.entries), ownEntry("waiting", 7) })
			b := openBrowser(t, 390, 844)
			b.asOwner(s)
			b.open(s.URL + "/sales/" + saleID)
			b.click(hook("how"))
			b.see(hook("published"))
			b.reads(hook("root"), s.draw.doc["commitment"].(map[string]any)["root"].(string))
			assert.Equal(t, 0, js[int](b, `performance.getEntriesByType('resource').filter((r) => r.name.includes('worker')).length`), "what it takes to check is loaded by who checks")
			b.click(hook("check"))
			b.see(hook("verdict"))
			assert.Equal(t, c.verdict, b.verdict(), b.texts("[data-testid=findings] li"))
			assert.Empty(t, b.wrong())
			assert.Equal(t, []string{"list", "number", "commitment", "round", "beacon", "own", "randomness", "ranks", "turns"},
				js[[]string](b, `[...document.querySelectorAll('[data-testid=findings] [data-check]')].map((n) => n.dataset.check)`))
			b.has(`[data-check=own]`, ownHash().String())
			assert.Equal(t, "/api/v1/sales/"+saleID+"/draw/proof", js[string](b, `document.querySelector('[data-testid=proof]').getAttribute('href')`))
			b.fits()
			js[any](b, `document.querySelector('[data-testid=my-orders]').click()`)
			b.until(`location.pathname === '/orders' && document.querySelector('.empty')`, "from there one comes to other pages")
			b.clean()
		})
	}
}

func TestTheCheckTellsOfADrawThatIsStillToCome(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(withItems)
	s.set(drawing("entering"))
	b := openBrowser(t, 1280, 900)
	b.open(s.URL + "/sales/" + saleID + "/draw")
	b.see(hook("published") + `[data-state=entering]`)
	assert.Empty(t, b.texts("[data-testid=check]"))
	s.set(drawing("committed"))
	b.see(hook("published") + `[data-state=committed]`)
	// What this browser has seen before the draw, it compares with.
	s.set(func(s *shop) {
		s.draw = newDraw(localRound(), 230)
	})
	b.checks(s)
	assert.Equal(t, "wrong", b.verdict())
	require.Len(t, b.wrong(), 1)
	assert.Contains(t, b.wrong()[0], "seen: This browser saw another commitment")
	b.clean()
}

// dropLine takes a line out of a proof.
func dropLine(n int) func(string) string {
	return func(proof string) string {
		lines := strings.SplitAfter(proof, "\n")
		return strings.Join(append(lines[:n:n], lines[n+1:]...), "")
	}
}

func TestTheCheckNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(withItems)
	from := quicknetRound()
	s.set(func(s *shop) { s.draw, s.own = newDraw(from, 60), ownEntry("waiting", 7) })
	of := func(rank int, sku string) string {
		for _, e := range s.draw.entries {
			if e.rank == rank && e.sku == sku {
				return e.hash.String() + " " + sku
			}
		}
		return ""
	}
	replace := func(pairs ...string) func(string) string { return strings.NewReplacer(pairs...).Replace }
	own := ownHash().String()
	b := openBrowser(t, 1280, 900)
	b.asOwner(s)
	for name, c := range map[string]struct {
		forge func(string) string
		wrong []string
	}{
		"an entry is dropped": {func(p string) string {
			return p[:strings.Index(p, own)] + p[strings.Index(p, own)+strings.Index(p[strings.Index(p, own):], "\n")+1:]
		}, []string{"number: 60 are listed, 61 were committed to: 1 was dropped", "commitment: ", "own: " + own + " is not in the list", "ranks: "}},
		"an entry is twice": {func(p string) string {
			i := strings.Index(p, "\n") + 1
			j := i + strings.Index(p[i:], "\n") + 1
			return p[:j] + p[i:j] + p[j:]
		}, []string{"list: Entry ", "number: 62 are listed", "commitment: ", "ranks: "}},
		"an item is another": {replace(own+" phone-1", own+" earbuds-1"), []string{"number: Of phone-1 there are 30, and the draw says 31", "commitment: The list has the root ", "own: " + own + " is in the list for another item", "ranks: "}},
		"the outcome is left out": {func(p string) string {
			i := strings.Index(p, `"outcome":`)
			return p[:i] + p[i+strings.Index(p[i:], "},")+2:]
		}, []string{"randomness: There is none, and yet entries have ranks"}},
		"another round was announced": {replace(`"planned_round":1000`, `"planned_round":1040`), []string{"round: Round 1000 was taken, and by the rule it is 1040"}},
		"ranks are swapped":           {replace(of(13, "phone-1")+" 13", of(13, "phone-1")+" 14", of(14, "phone-1")+" 14", of(14, "phone-1")+" 13"), []string{"ranks: Entry "}},
		"somebody is passed over":     {replace(of(10, "phone-1")+" 10 offered", of(10, "phone-1")+" 10 -", of(12, "phone-1")+" 12 -", of(12, "phone-1")+" 12 offered"), []string{"turns: Rank 12 of phone-1 was offered a unit before rank 10"}},
		"another signature":           {replace(`"signature":"b446`, `"signature":"a446`), []string{"randomness: The signature is not the beacon’s for round 1000"}},
		"another random number":       {replace(`"randomness":"fe`, `"randomness":"fd`), []string{"randomness: The number is not SHA-256 of the signature"}},
		"a round that was known":      {replace(`"committed_at":"2023-08-23T15:5`, `"committed_at":"2024-08-23T15:5`), []string{"round: Round 1000 is of "}},
		"other times of drand":        {replace(`"genesis_unix":1692803367`, `"genesis_unix":1792803367`), []string{"beacon: It is called drand quicknet, and has another key or other times"}},
		"another key of drand":        {replace(`"public_key":"83cf`, `"public_key":"93cf`), []string{"beacon: It is called drand quicknet", "randomness: The "}},
		"another sale":                {replace(`"sale_id":"7001"`, `"sale_id":"7002"`), []string{"rule: This proof is of another sale, 7002"}},
	} {
		s.set(func(s *shop) { s.forge = c.forge })
		require.NotEqual(t, s.draw.proof(), c.forge(s.draw.proof()), name)
		b.checks(s)
		assert.Equal(t, "wrong", b.verdict(), name)
		said := b.wrong()
		if assert.Len(t, said, len(c.wrong), "%s: %v", name, said) {
			for i, one := range c.wrong {
				assert.True(t, strings.HasPrefix(said[i], one), "%s: %q does not begin with %q", name, said[i], one)
			}
		}
	}
	for name, forge := range map[string]func(string) string{"line 3": replace(own, "x"), "line 1": replace(`{"`, `("`), "broken off": func(p string) string { return p[:len(p)-5] }} {
		s.set(func(s *shop) { s.forge = forge })
		b.open(s.URL + "/sales/" + saleID + "/draw")
		b.click(hook("check"))
		b.see(hook("check-failed"))
		assert.Contains(t, b.text(hook("check-failed")), "is not of the form", name)
	}
	b.clean()
}
