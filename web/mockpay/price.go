package mockpay

import "strings"

// symbols are the signs that the shop's pages write for a currency.
var symbols = map[string]string{
	"AUD": "$", "BRL": "R$", "CAD": "$", "CNY": "¥", "EUR": "€", "GBP": "£", "HKD": "$", "INR": "₹", "JPY": "¥",
	"KRW": "₩", "MXN": "$", "NZD": "$", "PHP": "₱", "SGD": "$", "TWD": "$", "USD": "$", "VND": "₫",
}

// price writes an amount as the shop's pages do, ¥1,999.00, from "1999.00 CNY".
func price(amount string) string {
	number, currency, _ := strings.Cut(amount, " ")
	whole, rest, _ := strings.Cut(number, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		whole += "." + rest
	}
	if symbol, known := symbols[currency]; known {
		return symbol + whole
	}
	return currency + "\u00a0" + whole
}
