package seckill

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnlyCurrenciesThatShopsArePaidInCanBeSoldIn(t *testing.T) {
	refusal := func(code string) string {
		s := validSale()
		for i := range s.Items {
			s.Items[i].Currency = code
		}
		err := s.Validate()
		if err == nil {
			return ""
		}
		return err.Error()
	}
	for code := range strings.FieldsSeq("CNY USD EUR JPY KRW TWD HKD KWD BHD VND XAF XOF XPF XCD XCG CLF ZWG SLE VED") {
		require.Empty(t, refusal(code), code)
	}
	for code := range strings.FieldsSeq("XXQ ZZZ XXX XTS XAU XAG XDR XAD BTC AAA CNYY C DEM ¥") {
		require.Contains(t, refusal(code), "must be an ISO 4217 code", code)
	}
	for written, meant := range map[string]string{"RMB": "CNY", "rmb": "CNY", "cny": "CNY", " CNY": "CNY", "Usd": "USD", "NTD": "TWD", "BGN": "EUR", "ANG": "XCG"} {
		require.Contains(t, refusal(written), "did you mean "+meant+"?", written)
	}
	require.Contains(t, refusal(""), "is required")
	for written, meant := range meantCurrencies {
		require.Contains(t, currencies, meant)
		require.NotContains(t, currencies, written)
	}
}

func TestOneWrongCurrencyIsNotHeldAgainstTheOtherItems(t *testing.T) {
	s := validSale()
	s.Items[0].Currency = "RMB"
	var e *Error
	require.ErrorAs(t, s.Validate(), &e)
	require.Len(t, e.Fields, 1, "%v", e.Fields)
}

func TestMoneyIsWrittenWithTheDigitsOfItsCurrency(t *testing.T) {
	for _, c := range []struct {
		minor    int64
		currency string
		want     string
	}{
		{19900, "CNY", "199.00 CNY"}, {5, "CNY", "0.05 CNY"}, {0, "CNY", "0.00 CNY"}, {-5, "USD", "-0.05 USD"}, {-19900, "USD", "-199.00 USD"},
		{19900, "JPY", "19900 JPY"}, {0, "KRW", "0 KRW"}, {19900, "KWD", "19.900 KWD"}, {7, "BHD", "0.007 BHD"}, {19900, "IQD", "19.900 IQD"},
		{12345, "CLF", "1.2345 CLF"}, {19900, "RMB", "199.00 RMB"}, {19900, "", "199.00"}, {-9223372036854775808, "CNY", "-92233720368547758.08 CNY"},
	} {
		require.Equal(t, c.want, Money(c.minor, c.currency))
	}
}
