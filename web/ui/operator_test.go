package ui_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
)

func TestAnOperatorSeesCountersAndPresses(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(func(s *shop) { s.status = "ready" })
	b := openBrowser(t, 1280, 800)
	b.open(s.URL + "/admin")
	b.do(chromedp.SendKeys(hook("admin-token"), "wrong"))
	b.click(hook("admin-sign-in"))
	b.see(".sign-in .error")
	b.do(chromedp.SendKeys(hook("admin-token"), adminToken))
	b.click(hook("admin-sign-in"))
	b.see(hook("audit") + `[data-conserved="false"]`)
	b.see(`td[data-column=drift][data-bad]`)
	b.click(hook("admin-pause"))
	b.see(hook("admin-resume"))
	s.set(func(s *shop) { assert.Equal(t, []string{"pause"}, s.verbs) })
	b.clean()
}
