package ui_test

import (
	"os"
	"testing"

	"github.com/chromedp/chromedp"
)

// screen is one page in one state, to be looked at.
type screen struct {
	name string
	// show brings the page there.
	show func(b *browser, s *shop)
}

// screens are added by each area's own file.
var screens []screen

// looks are how each screen is pictured, so that both languages, light and dark,
// phone and desktop are seen, without every combination of them.
var looks = []struct {
	suffix        string
	on            device
	language      string
	width, height int64
}{
	{"", plain, "en", 1280, 900},
	{"-dark-phone", night, "en", 390, 844},
	{"-zh-phone", plain, "zh", 390, 844},
	{"-zh-dark", night, "zh", 1280, 900},
}

// Pictures of every screen go to the folder that SECKILL_SCREENSHOTS names:
// `make screenshots`.
func TestScreens(t *testing.T) {
	dir := os.Getenv("SECKILL_SCREENSHOTS")
	if dir == "" {
		t.Skip("SECKILL_SCREENSHOTS names no folder")
	}
	only := os.Getenv("SECKILL_SCREENSHOTS_ONLY")
	for _, look := range looks {
		for _, screen := range screens {
			if only != "" && only != screen.name {
				continue
			}
			t.Run(screen.name+look.suffix, func(t *testing.T) {
				s := newShop(t)
				b := openOn(t, look.on, look.width, look.height)
				b.open(s.URL + "/favicon.ico") // a page of the shop's that is nothing yet
				js[any](b, `localStorage.setItem('seckill.language', '`+look.language+`')`)
				js[any](b, `localStorage.setItem('seckill.buyer', 'jade-otter-2048')`)
				screen.show(b, s)
				b.do(chromedp.WaitReady(chromedp.CSS("html")))
				b.fits()
				b.clean()
				b.picture(dir, screen.name+look.suffix, look.width > 600)
			})
		}
	}
}
