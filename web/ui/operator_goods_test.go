package ui_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnOperatorLooksAtTheStockAndChangesIt(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := openBrowser(t, 1280, 900)
	b.signIn(s)
	b.open(s.URL + "/admin")
	b.click(hook("go-admin-goods"))
	b.has(`[data-goods="phone-1"]`, "2,000")
	b.click(`[data-goods="phone-1"] a`)
	for place, units := range map[string]string{"available": "1,180", "reserved": "20", "allotted": "800", "sold": "412", "on_hand": "2,000"} {
		b.has(chromedp.CSS(`[data-place="`+place+`"]`), units)
	}
	b.has(hook("goods-history"), "To a sale: 800")
	b.has(hook("goods-history"), "Set: -8")
	b.click(hook("change-goods"))
	b.do(chromedp.SendKeys("#by", "-3"), chromedp.SendKeys("#reason", "broken in transit"))
	b.click(hook("change-goods-confirm"))
	b.until(`!document.querySelector('dialog[open]')`)
	s.set(func(s *shop) {
		require.Contains(t, s.verbs, `/inventory/phone-1 {"by":-3,"reason":"broken in transit"}`)
	})

	b.open(s.URL + "/admin/goods")
	b.click(hook("new-goods"))
	b.do(chromedp.SendKeys("#goods", "cup-1"), chromedp.SendKeys("#on_hand", "40"), chromedp.SendKeys("#reason", "delivered"))
	b.click(hook("new-goods-confirm"))
	b.until(`!document.querySelector('dialog[open]')`)
	s.set(func(s *shop) {
		require.Contains(t, s.verbs, `/inventory/cup-1 {"on_hand":40,"version":0,"reason":"delivered"}`)
	})
	b.clean()
}

const refusedBecause = "of 2000 units on hand 20 are reserved by orders and 800 allotted to sales: at most 1180 can be taken away"

func withRefusedRow(s *shop) {
	s.stockPlan = []map[string]any{{"row": 2, "goods": "earbuds-1", "before": 35, "after": 30, "new": false},
		{"row": 3, "goods": "phone-1", "before": 2000, "after": 2000, "new": false, "wrong": refusedBecause}}
}

// choose gives a file to the field for it.
func (b *browser) choose(name, content string) {
	b.t.Helper()
	file := filepath.Join(b.t.TempDir(), name)
	require.NoError(b.t, os.WriteFile(file, []byte(content), 0o600))
	b.see(hook("import-file"))
	b.do(chromedp.SetUploadFiles(hook("import-file"), []string{file}))
}

func TestAnOperatorImportsStockAndSeesItChange(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		b := open(t)
		b.signIn(s)
		b.click(hook("go-admin-goods"))
		b.has(`[data-goods="phone-1"]`, "2,000")
		b.click(hook("go-import-goods"))
		b.choose("delivery.csv", "goods,by\nphone-1,40\ncup-1,12\n")
		b.see(hook("import-rows"))
		assert.Equal(t, []string{"2,000", "2,040", "+40"}, b.texts(`[data-goods="phone-1"] td`))
		b.has(`[data-goods="cup-1"] th`, "New")
		s.set(func(s *shop) {
			require.Equal(t, []string{"/api/v1/admin/inventory-import goods,by\nphone-1,40\ncup-1,12\n"}, s.verbs, "nothing is applied yet")
		})
		disabled := `document.querySelector('[data-testid=import-apply]').disabled`
		require.True(t, js[bool](b, disabled), "a reason is missing")
		b.do(chromedp.SendKeys(hook("import-reason"), "delivered 送到"))
		b.reads(hook("import-apply"), "Change 2 goods")

		// The answer is lost: who presses again books nothing twice.
		s.set(func(s *shop) { s.unheard = true })
		b.do(chromedp.SendKeys(hook("import-reason"), "\r"))
		b.see(hook("import-problem"))
		s.set(func(s *shop) { s.unheard = false })
		b.click(hook("import-apply"))
		b.see(hook("import-plan") + `[data-applied=true]`)
		b.has(hook("import-repeated"), "It was applied already, on 11 Nov")
		s.set(func(s *shop) {
			require.Len(t, s.stockKeys, 1)
			assert.Regexp(t, `^[0-9a-f]{32}$`, s.stockKeys[0])
			require.True(t, strings.HasPrefix(s.verbs[1], "/api/v1/admin/inventory-import?apply=true&reason=delivered%20%E9%80%81%E5%88%B0 goods,by"), s.verbs[1])
		})
		b.fits()
		b.click(hook("to-goods"))
		b.has(`[data-goods="phone-1"]`, "2,040")

		b.click(hook("go-import-goods"))
		b.choose("another.csv", "goods,by\nphone-1,40\n")
		b.do(chromedp.SendKeys(hook("import-reason"), "delivered"))
		b.click(hook("import-apply"))
		b.see(hook("import-plan") + `[data-applied=true]`)
		require.Empty(t, b.texts(`[data-testid=import-repeated]`), "another choice is another import")
		s.set(func(s *shop) { require.Len(t, s.stockKeys, 2) })
		b.clean()
	})
}

func TestRowsThatWouldBeRefusedStopAStockImport(t *testing.T) {
	t.Parallel()
	onEachSize(t, func(t *testing.T, open func(*testing.T) *browser) {
		s := newShop(t)
		s.set(withRefusedRow)
		b := open(t)
		b.signIn(s)
		b.open(s.URL + "/admin/goods-import")
		b.choose("count.txt", "goods,on_hand\nearbuds-1,30\nphone-1,800\n")
		b.reads(`[data-refused="phone-1"]`, "Refused: "+refusedBecause)
		require.Empty(t, b.texts(`[data-refused="earbuds-1"]`))
		b.do(chromedp.SendKeys(hook("import-reason"), "counted"))
		b.has(hook("import-plan"), "1 row is refused, so nothing can be taken.")
		require.True(t, js[bool](b, `document.querySelector('[data-testid=import-apply]').disabled`))
		b.fits()

		b.choose("count.xlsx", "PK")
		b.reads(hook("import-problem"), "The name must end in .csv, .tsv or .txt.")
		require.Empty(t, b.texts(`[data-testid=import-plan]`))
		b.clean()
	})
}
