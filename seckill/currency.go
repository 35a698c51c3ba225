package seckill

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
)

// currencies are the codes of ISO 4217, list one as of 2026-01-01, by how many
// digits follow the point in an amount. Left out is what no shop is paid in:
// metals (XAU, XAG, XPT, XPD), units of banks and funds (XBA to XBD, XDR, XSU, XUA,
// XAD), the code for tests (XTS) and the one for no currency (XXX).
//
// What a person writes into a sale is held to this list. A payment is recorded in
// whatever currency its provider names.
var currencies = codesByDigits(map[int]string{
	0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
	2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF " +
		"CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL " +
		"HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU " +
		"MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR " +
		"SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED " +
		"VES WST XCD XCG YER ZAR ZMW ZWG",
	3: "BHD IQD JOD KWD LYD OMR TND",
	4: "CLF UYW",
})

func codesByDigits(lists map[int]string) map[string]int {
	all := make(map[string]int)
	for digits, codes := range lists {
		for code := range strings.FieldsSeq(codes) {
			all[code] = digits
		}
	}
	return all
}

// meantCurrencies are what people write for a code, and codes that are no more.
var meantCurrencies = map[string]string{
	"RMB": "CNY", "CNH": "CNY", "YUAN": "CNY", "CN¥": "CNY", "NTD": "TWD", "NT$": "TWD", "HK$": "HKD",
	"YEN": "JPY", "WON": "KRW", "US$": "USD", "EURO": "EUR", "€": "EUR", "STG": "GBP", "UKP": "GBP", "£": "GBP", "SFR": "CHF", "RUR": "RUB",
	"ANG": "XCG", "BGN": "EUR", "BYR": "BYN", "CUC": "CUP", "HRK": "EUR", "MRO": "MRU", "SLL": "SLE", "STD": "STN", "VEF": "VES", "ZWL": "ZWG",
}

// wrongCurrency says what is wrong with a currency code, or nothing.
func wrongCurrency(code string) (reason string) {
	if _, known := currencies[code]; known {
		return ""
	}
	written := strings.ToUpper(strings.TrimSpace(code))
	meant, guessed := meantCurrencies[written]
	if _, known := currencies[written]; known {
		meant, guessed = written, true
	}
	switch {
	case code == "":
		return "is required: an ISO 4217 code such as CNY"
	case guessed:
		return fmt.Sprintf("%.20q is not an ISO 4217 code; did you mean %s?", code, meant)
	default:
		return fmt.Sprintf("must be an ISO 4217 code such as CNY, not %.20q", code)
	}
}

// Currencies gives the codes that a sale may be priced in, each with the digits of an
// amount that follow the point.
func Currencies() map[string]int { return maps.Clone(currencies) }

// MinorDigits is how many digits of an amount in minor units follow the point; two
// for a currency that is not known.
func MinorDigits(currency string) int {
	if digits, known := currencies[currency]; known {
		return digits
	}
	return 2
}

// Money writes an amount of minor units for people: "199.00 CNY".
func Money(minor int64, currency string) string {
	digits := MinorDigits(currency)
	text, sign := strconv.FormatInt(minor, 10), ""
	if minor < 0 {
		text, sign = text[1:], "-"
	}
	if digits > 0 {
		if missing := digits + 1 - len(text); missing > 0 {
			text = strings.Repeat("0", missing) + text
		}
		text = text[:len(text)-digits] + "." + text[len(text)-digits:]
	}
	return strings.TrimSpace(sign + text + " " + currency)
}

// InMinorUnits tells people how an amount of a currency is written; of one that is not
// known, as of most.
func InMinorUnits(currency string) string {
	if _, known := currencies[currency]; !known {
		currency = ""
	}
	return "in minor units (19900 for " + Money(19900, currency) + ")"
}
