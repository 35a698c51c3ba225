package mockpay

import (
	"fmt"
	"strings"
)

// Currencies whose minor unit is not a hundredth, by ISO 4217.
const (
	withoutMinorUnit = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
	withThousandths  = "BHD IQD JOD KWD LYD OMR TND"
)

// money writes an amount of minor units for people: "199.00 CNY".
func money(minor int64, currency string) string {
	switch {
	case strings.Contains(withoutMinorUnit, currency):
		return fmt.Sprintf("%d %s", minor, currency)
	case strings.Contains(withThousandths, currency):
		return fmt.Sprintf("%d.%03d %s", minor/1000, minor%1000, currency)
	default:
		return fmt.Sprintf("%d.%02d %s", minor/100, minor%100, currency)
	}
}
