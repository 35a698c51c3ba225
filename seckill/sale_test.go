package seckill

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func validSale() Sale {
	start := time.Date(2026, 11, 11, 12, 0, 0, 0, time.UTC)
	return Sale{
		ID: 1, Name: "双十一 phones", StartsAt: start, EndsAt: start.Add(time.Hour), Hold: 15 * time.Minute,
		Items: []Item{
			{SKU: "phone-1", Title: "Phone", Price: 19900, Currency: "CNY", Total: 100, LimitPerBuyer: 1},
			{SKU: "case_2.b", Title: "Case", ImageURL: "https://img.example/case.png", Price: 0, Currency: "CNY", Total: 0, LimitPerBuyer: 5},
		},
	}
}

func TestSaleValidation(t *testing.T) {
	s := validSale()
	require.NoError(t, s.Validate())

	cases := []struct {
		field string // "" when the change is legal
		spoil func(*Sale)
	}{
		{"name", func(s *Sale) { s.Name = "" }},
		{"name", func(s *Sale) { s.Name = "tab\there" }},
		{"name", func(s *Sale) { s.Name = "bad \xff" }},
		{"name", func(s *Sale) { s.Name = strings.Repeat("长", MaxNameRunes+1) }},
		{"", func(s *Sale) { s.Name = strings.Repeat("长", MaxNameRunes) }},
		{"key", func(s *Sale) { s.Key = "has space" }},
		{"starts_at", func(s *Sale) { s.StartsAt = time.Time{} }},
		{"ends_at", func(s *Sale) { s.EndsAt = s.StartsAt }},
		{"ends_at", func(s *Sale) { s.EndsAt = s.StartsAt.Add(MaxSaleDuration + 1) }},
		{"starts_at", func(s *Sale) { s.StartsAt = s.StartsAt.AddDate(200, 0, 0); s.EndsAt = s.StartsAt.Add(time.Hour) }},
		{"hold_seconds", func(s *Sale) { s.Hold = 0 }},
		{"hold_seconds", func(s *Sale) { s.Hold = MaxHold + time.Second }},
		{"hold_seconds", func(s *Sale) { s.Hold = 1500 * time.Millisecond }},
		{"items", func(s *Sale) { s.Items = nil }},
		{"items", func(s *Sale) { s.Items = make([]Item, MaxItemsPerSale+1) }},
		{"items[1].sku", func(s *Sale) { s.Items[1].SKU = "phone-1" }},
		{"items[0].sku", func(s *Sale) { s.Items[0].SKU = "has space" }},
		{"items[0].sku", func(s *Sale) { s.Items[0].SKU = "-x" }},
		{"items[0].title", func(s *Sale) { s.Items[0].Title = "" }},
		{"items[0].image_url", func(s *Sale) { s.Items[0].ImageURL = "javascript:alert(1)" }},
		{"items[0].image_url", func(s *Sale) { s.Items[0].ImageURL = "//evil.example/x.png" }},
		{"items[0].image_url", func(s *Sale) { s.Items[0].ImageURL = "https://user:pw@host/x.png" }},
		{"", func(s *Sale) { s.Items[0].ImageURL = "/assets/phone.svg" }},
		{"items[0].price", func(s *Sale) { s.Items[0].Price = -1 }},
		{"items[0].price", func(s *Sale) { s.Items[0].Price = MaxPrice + 1 }},
		{"", func(s *Sale) { s.Items[0].Price = MaxPrice }},
		{"items[0].currency", func(s *Sale) { s.Items[0].Currency = "yuan" }},
		{"items[1].currency", func(s *Sale) { s.Items[1].Currency = "USD" }},
		{"items[0].stock", func(s *Sale) { s.Items[0].Total = -1 }},
		{"items[0].stock", func(s *Sale) { s.Items[0].Total = MaxStock + 1 }},
		{"items[0].limit_per_buyer", func(s *Sale) { s.Items[0].LimitPerBuyer = 0 }},
		{"items[0].limit_per_buyer", func(s *Sale) { s.Items[0].LimitPerBuyer = MaxUnitsPerLine + 1 }},
	}
	for i, c := range cases {
		t.Run(fmt.Sprintf("%d %s", i, c.field), func(t *testing.T) {
			s := validSale()
			c.spoil(&s)
			err := s.Validate()
			if c.field == "" {
				require.NoError(t, err)
				return
			}
			var e *Error
			require.True(t, errors.As(err, &e), "%v", err)
			require.Equal(t, CodeInvalidRequest, e.Code)
			require.Equal(t, c.field, e.Fields[0].Field, "%v", e.Fields)
		})
	}
}

func TestRequestIsPricedFromTheSale(t *testing.T) {
	s := validSale()
	r, err := NewRequest(&s, 7, "alice", "k", []Line{{SKU: "phone-1", Quantity: 3, Price: 1}, {SKU: "case_2.b", Quantity: 2}})
	require.NoError(t, err)
	require.EqualValues(t, 3*19900, r.Amount)
	require.Equal(t, "CNY", r.Currency)
	require.EqualValues(t, 19900, r.Lines[0].Price, "the client's price is not taken")
}

func TestRequestValidation(t *testing.T) {
	many := make([]Line, MaxLinesPerOrder+1)
	cases := map[string]struct {
		field string
		lines []Line
	}{
		"no lines":       {"lines", nil},
		"too many lines": {"lines", many},
		"unknown item":   {"lines[0].sku", []Line{{SKU: "tv", Quantity: 1}}},
		"zero":           {"lines[0].quantity", []Line{{SKU: "phone-1", Quantity: 0}}},
		"negative":       {"lines[0].quantity", []Line{{SKU: "phone-1", Quantity: -1}}},
		"too many units": {"lines[0].quantity", []Line{{SKU: "phone-1", Quantity: MaxUnitsPerLine + 1}}},
		"same item":      {"lines[1].sku", []Line{{SKU: "phone-1", Quantity: 1}, {SKU: "phone-1", Quantity: 1}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := validSale()
			_, err := NewRequest(&s, 1, "alice", "", c.lines)
			var e *Error
			require.True(t, errors.As(err, &e), "%v", err)
			require.Equal(t, c.field, e.Fields[0].Field)
		})
	}
}

func TestLargestLegalOrderDoesNotOverflow(t *testing.T) {
	s := validSale()
	s.Items = nil
	var lines []Line
	for i := range MaxLinesPerOrder {
		sku := fmt.Sprintf("sku-%d", i)
		s.Items = append(s.Items, Item{SKU: sku, Title: "x", Price: MaxPrice, Currency: "CNY", Total: MaxStock, LimitPerBuyer: MaxUnitsPerLine})
		lines = append(lines, Line{SKU: sku, Quantity: MaxUnitsPerLine})
	}
	require.NoError(t, s.Validate())
	r, err := NewRequest(&s, 1, "alice", "", lines)
	require.NoError(t, err)
	require.EqualValues(t, int64(MaxLinesPerOrder)*MaxUnitsPerLine*MaxPrice, r.Amount)

	_, err = mulAdd(1, math.MaxInt64, 1)
	require.ErrorIs(t, err, ErrOverflow)
	_, err = mulAdd(0, math.MaxInt64/2, 3)
	require.ErrorIs(t, err, ErrOverflow)
}

func TestPhaseOfASale(t *testing.T) {
	s := validSale()
	cases := []struct {
		want      Phase
		state     SaleState
		at        time.Time
		available int64
	}{
		{PhaseUpcoming, SaleReady, s.StartsAt.Add(-1), 1},
		{PhaseLive, SaleReady, s.StartsAt, 1},
		{PhaseSoldOut, SaleReady, s.StartsAt, 0},
		{PhasePaused, SalePaused, s.StartsAt, 1},
		{PhasePaused, SaleRecovering, s.StartsAt, 1},
		{PhaseEnded, SaleReady, s.EndsAt, 1},
		{PhaseEnded, SaleClosed, s.StartsAt, 1},
	}
	for _, c := range cases {
		s.State = c.state
		require.Equal(t, c.want, s.PhaseAt(c.at, c.available), "%+v", c)
	}
}

func TestBuyerAndKeyLimits(t *testing.T) {
	for _, ok := range []string{"a", "王小明", strings.Repeat("长", 64)} {
		require.NoError(t, ValidateBuyer(ok))
	}
	for _, bad := range []string{"", strings.Repeat("a", 65), "a\nb", " a", "\x00", "\xff"} {
		require.Error(t, ValidateBuyer(bad), "%q", bad)
	}
	require.NoError(t, ValidateKey(strings.Repeat("~", 64)))
	for _, bad := range []string{"", strings.Repeat("a", 65), "a b", "é", "a\x7f"} {
		require.Error(t, ValidateKey(bad), "%q", bad)
	}
}

func TestAuditSeesMissingAndDoubleUnits(t *testing.T) {
	ok := ItemCounters{SKU: "a", Total: 10, Available: 4, InFlight: 1, Reserved: 2, Sold: 2, Releasing: 1}
	require.True(t, NewAudit(1, time.Time{}, []ItemCounters{ok}).Conserved)
	missing, double, negative := ok, ok, ok
	missing.Available--
	double.Sold++
	negative.Available, negative.InFlight = -1, 6
	require.False(t, NewAudit(1, time.Time{}, []ItemCounters{ok, missing}).Conserved)
	require.EqualValues(t, 1, missing.Drift())
	require.False(t, NewAudit(1, time.Time{}, []ItemCounters{double}).Conserved)
	require.EqualValues(t, -1, double.Drift())
	require.False(t, NewAudit(1, time.Time{}, []ItemCounters{negative}).Conserved, "adds up, but nothing can be below zero")
}
