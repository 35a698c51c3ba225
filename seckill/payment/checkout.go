package payment

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/seckill-go/seckill/seckill"
)

// checkout is a checked template of the address at which a buyer pays.
type checkout string

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

func parseCheckout(template string) (checkout, error) {
	for _, p := range placeholder.FindAllString(template, -1) {
		switch p {
		case "{payment_id}", "{order_id}", "{amount}", "{currency}":
		default:
			return "", fmt.Errorf("unknown placeholder %s", p)
		}
	}
	if !strings.Contains(template, "{payment_id}") {
		return "", errors.New("must hold {payment_id}")
	}
	filled := checkout(template).fill(seckill.Payment{ID: "p", OrderID: 1, Currency: "CNY"})
	u, err := url.Parse(filled)
	if err != nil {
		return "", errors.New("is not an address")
	}
	ownPath := u.Scheme == "" && u.Host == "" && strings.HasPrefix(filled, "/")
	elsewhere := (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
	if !ownPath && !elsewhere || strings.ContainsAny(filled, "{}\\ \t\r\n") {
		return "", errors.New("must be an http or https address, or a path that starts with '/'")
	}
	return checkout(template), nil
}

func (c checkout) fill(p seckill.Payment) string {
	return strings.NewReplacer(
		"{payment_id}", url.QueryEscape(p.ID),
		"{order_id}", p.OrderID.String(),
		"{amount}", strconv.FormatInt(p.Amount, 10),
		"{currency}", url.QueryEscape(p.Currency),
	).Replace(string(c))
}
