package seckill

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhatTwoVersionsOfASaleDifferInIsSaid(t *testing.T) {
	for want, change := range map[string]func(*Sale){
		"its stock was changed since it was written":                                        func(*Sale) {},
		"price of phone-1: 19900 here, 18800 in the file":                                   func(s *Sale) { s.Items[0].Price = 18800 },
		"stock of phone-1: 100 here, 99 in the file":                                        func(s *Sale) { s.Items[0].Total = 99 },
		"image_url of phone-1: none here, /a.png in the file":                               func(s *Sale) { s.Items[0].ImageURL = "/a.png" },
		"images of phone-1: none here, /a.png /b.png in the file":                           func(s *Sale) { s.Items[0].Images = []string{"/a.png", "/b.png"} },
		"hold_seconds: 900 here, 60 in the file":                                            func(s *Sale) { s.Hold = time.Minute },
		"starts_at: 2026-11-11T12:00:00Z here, 2026-11-11T12:00:01.5Z in the file":          func(s *Sale) { s.StartsAt = s.StartsAt.Add(1500 * time.Millisecond) },
		"items: phone-1 here, none in the file; items: none here, x-1 in the file":          func(s *Sale) { s.Items[0].SKU = "x-1" },
		"items: phone-1, case_2.b here, case_2.b, phone-1 in the file":                      func(s *Sale) { slices.Reverse(s.Items) },
		"name: 双十一 phones here, Y in the file; title of phone-1: Phone here, Z in the file": func(s *Sale) { s.Name, s.Items[0].Title = "Y", "Z" },
		"starts_in: 1h0m0s here, 9h0m0s in the file; lasts: 1h0m0s here, 3h0m0s in the file": func(s *Sale) {
			s.StartsIn, s.StartsAt = new(9*time.Hour), s.StartsAt.Add(8*time.Hour)
			s.EndsAt = s.StartsAt.Add(3 * time.Hour)
		},
	} {
		here, there := validSale(), validSale()
		here.StartsIn = new(time.Hour)
		there.StartsAt = there.StartsAt.In(time.FixedZone("", 3600))
		change(&there)
		require.Equal(t, want, DifferencesIn("the file", here.Differences(&there)))
	}
	here, there := validSale(), validSale()
	here.Items, there.Items = nil, nil
	for i := range MaxItemsPerSale {
		here.Items = append(here.Items, Item{SKU: fmt.Sprint(i), Price: 1})
		there.Items = append(there.Items, Item{SKU: fmt.Sprint(i), Price: 2})
	}
	require.Contains(t, DifferencesIn("the file", here.Differences(&there)), "; and 90 more")
}
