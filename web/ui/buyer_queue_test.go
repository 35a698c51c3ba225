package ui_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stands selects the queue where the buyer stands so.
func stands(standing string) chromedp.CSS {
	return hook("queue") + chromedp.CSS(`[data-standing="`+standing+`"]`)
}

// Whoever comes before the start is in at once, learns of a place at the start, and is let
// in to buy with a pass, whatever tab is looked at.
func TestABuyerQueuesAndIsLetIn(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		s.set(withItems)
		s.set(queueing("gathering"))
		b := open(t)
		b.asOwner(s)
		b.open(s.URL + "/sales/" + saleID)
		b.reads(hook("join-queue"), "Join the queue")
		b.has(hook("queue-panel"), "shuffled at the start")
		assert.Empty(t, b.texts("[data-testid=buy], [data-testid=waitlist], [data-testid=returns]"))
		b.click(hook("join-queue"))
		b.has(hook("ahead"), "You are in. Places are shuffled when the sale starts.")
		b.until(`document.getElementById('announce').textContent.startsWith('You are in')`)
		b.reload()
		b.has(hook("ahead"), "You are in.", "the place is the same after a reload")

		s.set(func(s *shop) {
			queueing("open")(s)
			waits(11)(s)
			s.status = "live"
		})
		s.opensIn(0, b)
		b.has(hook("ahead"), "11 people are before you.")
		b.reads(hook("wait"), "About 1 to 3 minutes")
		b.reads(hook("queue-place"), "Your place\n12")
		b.reads(hook("queue-left"), "Units left\n332")
		b.until(`document.getElementById('announce').textContent === '11 people are before you.'`)
		assert.Empty(t, b.texts("[data-testid=chances]"))
		s.stir(waits(400))
		b.has(hook("chances"), "chances are small")

		b.click(hook("loud"))
		s.stir(called(time.Minute))
		b.see(armed)
		b.until(`document.title.startsWith('Your turn · Midnight')`)
		b.until(`document.activeElement.matches('.turn')`, "the focus is where one buys")
		b.reads(hook("turn-say"), "It is your turn. You can buy now.")
		assert.Equal(t, "alert", js[string](b, `document.querySelector('[data-testid=turn-say]').getAttribute('role')`))
		b.matches(hook("turn-left"), `00:[45]\d$`)
		other := b.openTab()
		other.open(s.URL + "/sales/" + saleID)
		other.see(armed)
		other.close()

		b.click(armed)
		b.see(status("queued"))
		b.until(`!document.title.includes('Your turn')`)
		s.set(func(s *shop) { assert.Equal(t, []string{goodPass}, s.passes) })
		s.set(standing("served", nil))
		b.open(s.URL + "/sales/" + saleID)
		b.see(hook("see-order"))
		b.has(hook("queue-message"), "You have used your turn.")
		b.fits()
		b.clean()
	})
}

// A turn that nobody uses passes; who comes again stands at the end.
func TestATurnPassesAndABuyerJoinsAgain(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(queueing("open"))
	s.set(called(6 * time.Second))
	b := openBrowser(t, 390, 844)
	b.asOwner(s)
	b.open(s.URL + "/sales/" + saleID)
	b.see(hook("turn-left"))
	b.see(stands("lapsed"))
	b.has(hook("queue-message"), "Your turn has passed.")
	b.until(`!document.title.includes('Your turn')`)
	s.set(func(s *shop) { s.full = true })
	b.click(hook("join-queue"))
	b.has(hook("queue-message"), "The queue is full.")
	s.set(func(s *shop) { s.full = false })
	b.reads(hook("join-queue"), "Join again")
	b.click(hook("join-queue"))
	b.has(hook("ahead"), "30 people")

	b.click(hook("leave-queue"))
	b.click(hook("leave-keep"))
	b.see(stands("waiting"))
	b.click(hook("leave-queue"))
	b.click(hook("leave-confirm"))
	b.has(hook("queue-message"), "You have given your place up.")
	s.set(func(s *shop) { assert.Nil(t, s.turn) })
	b.click(hook("join-queue"))
	b.see(stands("waiting"))
	s.stir(func(s *shop) { s.turn = nil }) // as where an operator has emptied the queue
	b.has(hook("queue-message"), "Your place is gone")

	b.click(hook("join-queue"))
	b.see(stands("waiting"))
	s.stir(func(s *shop) { s.queue["state"] = "paused" })
	b.has(hook("queue-message"), "The queue is paused. You keep your place.")
	assert.Empty(t, b.texts("[data-testid=wait]"))
	s.stir(func(s *shop) { s.queue["state"] = "open"; s.status, s.items[0]["available"] = "sold_out", 0 })
	b.has(hook("chances"), "goes to the queue")
	assert.Empty(t, b.texts("[data-testid=waitlist], [data-testid=returns]"))
	s.stir(func(s *shop) { s.status = "ended"; s.queue["state"] = "over" })
	b.has(hook("queue-message"), "The queue is over.")
	assert.Empty(t, b.texts("[data-testid=join-queue], [data-testid=leave-queue]"))
	b.fits()
	b.clean()
}

// A pass that the service does not take leads back to the queue.
func TestWhoseTurnItIsNotIsShownTheQueue(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(queueing("open"))
	s.set(called(time.Minute))
	b := openBrowser(t, 1280, 900)
	b.asOwner(s)
	b.open(s.URL + "/sales/" + saleID)
	b.see(armed)
	s.set(func(s *shop) { s.turn = nil })
	b.click(armed)
	b.see(stands("none"))
	b.reads(hook("queue-message"), "This sale lets people in through a queue. Join it first.")
	b.click(hook("join-queue"))
	b.see(stands("waiting"))
	b.reads(hook("queue-message"), "The shop keeps your place, also when you reload this page or open it elsewhere.")
	b.clean()
}

// Without a stream, and without a network for a while, the page asks.
func TestAPlaceIsFollowedWithoutAStream(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(func(s *shop) { s.deaf = true })
	s.set(queueing("open"))
	s.set(waits(7))
	b := openBrowser(t, 390, 844)
	b.asOwner(s)
	b.open(s.URL + "/sales/" + saleID)
	b.has(hook("ahead"), "7 people")
	s.set(waits(1))
	b.has(hook("ahead"), "1 person is before you.")
	assert.Empty(t, b.texts("[data-testid=offline]"), "it asks, and is answered")
	s.lose()
	b.see(hook("offline"))
	s.find()
	s.set(called(time.Minute))
	b.see(armed)
	b.until(`!document.querySelector('[data-testid=offline]')`)
	b.clean()
}

func TestAPlaceCanBeCheckedInTheBrowser(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(queueing("gathering"))
	b := openBrowser(t, 1280, 900)
	b.asOwner(s)
	b.open(s.URL + "/sales/" + saleID)
	b.click(hook("join-queue"))
	b.see(stands("waiting"))
	b.click(hook("fair") + " summary")
	b.reads(hook("commitment"), queueCommitment())
	assert.Empty(t, b.texts("[data-testid=check-queue]"))
	b.until(`JSON.parse(localStorage.getItem('seckill.commitment.` + saleID + `'))?.commitment === '` + queueCommitment() + `'`)
	s.set(func(s *shop) { queueing("open")(s); waits(3)(s); s.status = "live" })
	s.opensIn(0, b)
	check := func(verdict string) {
		t.Helper()
		js[any](b, `document.querySelector('[data-testid=fair]').open = true`)
		b.click(hook("check-queue"))
		b.see(hook("queue-verdict"))
		assert.Equal(t, verdict, js[string](b, `document.querySelector('[data-testid=queue-verdict]').dataset.verdict`), b.texts("[data-testid=findings] li"))
	}
	check("good")
	assert.Equal(t, []string{"commitment", "seen", "number"}, js[[]string](b, `[...document.querySelectorAll('[data-testid=findings] [data-check]')].map((n) => n.dataset.check)`))
	b.has(`[data-check=number]`, queueNumber(ownName))

	for name, c := range map[string]struct {
		change func(*shop)
		wrong  string
	}{
		"another seed":   {func(s *shop) { s.queue["seed"] = queueCommitment() }, "commitment: The number makes the commitment"},
		"another number": {func(s *shop) { s.turn["number"] = "0000000000000001" }, "number: By the rule it is " + queueNumber(ownName)},
		"another commitment": {func(s *shop) {
			s.queue["commitment"] = "00" + queueCommitment()[2:]
		}, "seen: This browser saw another commitment"},
	} {
		s.set(func(s *shop) { queueing("open")(s); waits(3)(s); c.change(s) })
		b.reload()
		b.see(stands("waiting"))
		check("wrong")
		assert.Contains(t, strings.Join(b.wrong(), "\n"), c.wrong, name)
	}
	s.set(func(s *shop) { queueing("open")(s); waits(3)(s); s.turn["number"] = "4000000000000007" })
	b.reload()
	b.see(stands("waiting"))
	check("good")
	b.has(`[data-check=number]`, "joined after the start")
	b.clean()
}

// What a queue needs is loaded by who comes to one, and has nothing twice of what the page
// has: there would be two buyers, and two languages.
func TestAQueueIsLoadedByWhoComesToOne(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := openBrowser(t, 390, 844)
	b.open(s.URL + "/sales/" + saleID)
	b.see(armed)
	loaded := `performance.getEntriesByType('resource').filter((r) => r.name.includes('/queue/app.js')).length`
	assert.Zero(t, js[int](b, loaded))
	s.set(queueing("open"))
	b.reload()
	b.see(stands("none"))
	assert.Equal(t, 1, js[int](b, loaded))
	assert.Equal(t, 1, js[int](b, `performance.getEntriesByType('resource').filter((r) => r.name.includes('/buyer/app.js')).length`))
	b.click(hook("language"))
	b.reads(hook("join-queue"), "加入排队")
	b.clean()

	part, page := body(t, get(t, "/assets/queue/app.js")), body(t, get(t, "/assets/buyer/app.js"))
	takes := regexp.MustCompile(`import\{([^}]*)\}from"\.\./buyer/app\.js"`).FindAllStringSubmatch(part, -1)
	gives := regexp.MustCompile(`export\{([^}]*)\}`).FindStringSubmatch(page)
	require.NotEmpty(t, takes)
	require.NotNil(t, gives)
	names := func(list string, own int) (all []string) {
		for _, one := range strings.Split(list, ",") {
			sides := strings.Split(one, " as ")
			all = append(all, sides[min(own, len(sides)-1)])
		}
		return all
	}
	for _, m := range takes {
		assert.Subset(t, names(gives[1], 1), names(m[1], 0), "buyer/shared.js hands it on")
	}
	assert.Len(t, regexp.MustCompile(`\bimport["{*]`).FindAllString(part, -1), len(takes), "it waits for the page alone")
	t.Logf("%d bytes, %d packed", len(part), len(body(t, get(t, "/assets/queue/app.js", "Accept-Encoding", "gzip"))))
}
