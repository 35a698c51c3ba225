package ui_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

var digitLists = regexp.MustCompile(`(\d): '([A-Z ]+)'`)

// The pages know the currencies whose amounts have other than two digits behind the
// point as the service knows them.
func TestPagesAndServiceAgreeOnTheDigitsOfEveryCurrency(t *testing.T) {
	t.Parallel()
	pages := map[string]int{}
	for _, m := range digitLists.FindAllStringSubmatch(sources(t)["assets/lib/format.js"], -1) {
		for code := range strings.FieldsSeq(m[2]) {
			pages[code], _ = strconv.Atoi(m[1])
		}
	}
	require.Greater(t, len(pages), 20)
	for code, digits := range seckill.Currencies() {
		if digits != 2 {
			require.Equal(t, digits, pages[code], code)
		}
		delete(pages, code)
	}
	require.Empty(t, pages, "codes that the service does not know")
}

// A browser shows an IQD or RSD without digits behind the point, since there are no
// such coins; the amount has them all the same.
func TestPricesHaveTheDigitsOfTheirCurrency(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := openBrowser(t, 390, 844)
	for currency, price := range map[string]string{"JPY": "199,900", "KWD": "199.900", "IQD": "199.900", "RSD": "1,999.00", "CNY": "1,999.00", "KRW": "199,900", "CLF": "19.9900"} {
		s.set(func(s *shop) { s.items[0]["currency"] = currency })
		b.open(s.URL + "/sales/" + saleID)
		b.see(hook("price"))
		b.matches(hook("price"), `^\D*`+regexp.QuoteMeta(price)+`$`, currency)
	}
	b.clean()
}

func TestAnImportShowsWhatIsFreeAndWhatDiffers(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(func(s *shop) {
		sale := func(price int) map[string]any {
			return map[string]any{"key": "spring", "name": "Spring", "state": "draft", "starts_at": "2060-01-01T00:00:00.000Z", "ends_at": "2060-01-02T00:00:00.000Z", "hold_seconds": 900,
				"items": []any{map[string]any{"sku": "phone-1", "title": "Phone", "price": price, "currency": "JPY", "stock": 5, "limit_per_buyer": 1},
					map[string]any{"sku": "gift-1", "title": "Gift", "price": 0, "currency": "JPY", "stock": 5, "limit_per_buyer": 1}}}
		}
		differ := func(field, sku, here, there string) map[string]any {
			return map[string]any{"field": field, "sku": sku, "here": here, "there": there}
		}
		s.plan = map[string]any{"applied": false, "sales": []any{map[string]any{"action": "conflict", "sale": sale(18800), "existing": sale(19900),
			"differences": []any{differ("price", "phone-1", "19900", "18800"), differ("hold_seconds", "", "900", "60"), differ("image_url", "gift-1", "", "/a.png")}}}}
	})
	b := openBrowser(t, 390, 844)
	b.signIn(s)
	b.open(s.URL + "/admin/import")
	b.choose("spring.csv", "\xff\xfes\x00")
	b.see(hook("import-plan"))
	plan := b.text(hook("import-plan"))
	require.Contains(t, plan, "gift-1 5 × free")
	require.Contains(t, plan, "Price · phone-1: ¥19,900 here, ¥18,800 in the file")
	require.Contains(t, plan, "Seconds to pay: 900 here, 60 in the file")
	require.Contains(t, plan, "Picture · gift-1: none here, /a.png in the file")
	b.click(hook("import-past"))
	b.until(`document.querySelector('[data-testid=import-past]').checked`)
	b.see(hook("import-plan"))
	b.fits()
	b.clean()
}
