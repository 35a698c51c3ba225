package ui_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnOperatorRunsAQueue(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		b := open(t)
		b.signIn(s)
		b.open(s.URL + "/admin/sales/" + queueID)
		b.see(hook("admin-queue") + `[data-state=open]`)
		b.see(hook("queue-mark"))
		b.has(hook("tile-queue-waiting"), "4,100")
		b.has(hook("tile-queue-called"), "12.5 turns/s")
		b.has(hook("admin-queue"), queueCommitment())
		b.has(hook("admin-queue"), "6 minutes")
		assert.Empty(t, b.texts("[data-testid=go-waitlist]"))
		assert.Equal(t, []string{"Emptied the queue", "Resumed the queue", "Paused the queue"}, b.texts(".trail b"))

		// press confirms what it presses; the page moves meanwhile.
		press := func(verb string) {
			t.Helper()
			b.click(hook("queue-" + verb))
			b.see("dialog[open]")
			js[any](b, `document.querySelector('[data-testid=queue-`+verb+`-confirm]').click()`)
			b.until(`!document.querySelector('dialog[open]')`)
		}
		press("pause")
		b.see(hook("admin-queue") + `[data-state=paused]`)
		b.see(hook("queue-paused"))
		b.has(hook("admin-queue"), "Not known")
		press("resume")
		b.see(hook("admin-queue") + `[data-state=open]`)
		b.click(hook("queue-flush"))
		b.has("dialog[open]", "Everybody who waits loses the place")
		js[any](b, `document.querySelector('dialog[open]').close()`)
		s.set(func(s *shop) { assert.Len(t, s.verbs, 2, "it asks first") })
		press("flush")
		b.has(hook("tile-queue-waiting"), "\n0")
		s.set(func(s *shop) {
			assert.Equal(t, []string{"/sales/" + queueID + "/queue/pause", "/sales/" + queueID + "/queue/resume", "/sales/" + queueID + "/queue/flush"}, s.verbs)
			s.desk["state"] = "over"
		})
		b.see(hook("admin-queue") + `[data-state=over]`)
		assert.Empty(t, b.texts("[data-testid=queue-flush], [data-testid=queue-pause]"))
		b.fits()
		b.clean()
	})
}

func TestAnOperatorWritesAQueue(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(withItems)
	b := openBrowser(t, 390, 844)
	b.signIn(s)
	b.open(s.URL + "/admin/sales/7003/edit")
	b.see(hook("entry"))
	js[any](b, `(() => { const f = document.querySelector('#entry'); f.value = 'queue'; f.dispatchEvent(new Event('input', { bubbles: true })); })()`)
	b.has(chromedp.CSS("#entry-hint"), "one after the other")
	assert.Empty(t, b.texts("#entries_until"))
	b.click(hook("save-sale"))
	b.see(hook("dashboard"))
	s.set(func(s *shop) {
		require.Len(t, s.verbs, 1)
		assert.Contains(t, s.verbs[0], `"entry":"queue"`)
		assert.NotContains(t, s.verbs[0], "entries_until")
	})
	b.clean()
}
