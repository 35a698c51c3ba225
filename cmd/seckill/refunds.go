package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/payment"
)

type refund struct {
	PaymentID string     `json:"payment_id"`
	OrderID   string     `json:"order_id"`
	Amount    int64      `json:"amount"`
	Currency  string     `json:"currency"`
	Since     time.Time  `json:"since"`
	Attempts  int        `json:"attempts"`
	NextTry   *time.Time `json:"next_try_at"`
	LastError string     `json:"last_error"`
}

func refundsCommand(f *configFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "refunds",
		Short: "Look at money that has to go back, and have it tried again",
	}
	due := waiting[refund]{
		path: "/api/v1/admin/refunds", name: "refunds", none: "no refunds are due",
		columns: []any{"PAYMENT", "ORDER", "AMOUNT", "SINCE", "ATTEMPTS", "NEXT TRY", "LAST ERROR"},
		cells: func(r refund) []any {
			return []any{r.PaymentID, r.OrderID, seckill.Money(r.Amount, r.Currency), r.Since.Format(time.RFC3339), r.Attempts, r.next(), r.LastError}
		},
		verdict: whoReturns,
	}
	retry := again{
		use: "retry [PAYMENT...]", short: "Ask the provider for refunds again at once", path: "/api/v1/admin/refunds/retry",
		count: "retried", ids: "the payments' ids", all: "all that are due", done: "are asked for again", missing: "have nothing to refund",
	}
	cmd.AddCommand(due.listCommand(f, "List refunds that are due; exit code 1 when some wait for a person"), retry.command(f))
	return cmd
}

// next says when the provider is asked.
func (r refund) next() string {
	if r.NextTry == nil {
		return "by hand"
	}
	return r.NextTry.Format(time.RFC3339)
}

// whoReturns says what a person has to do. To ask a provider again that cannot be
// asked would change nothing.
func whoReturns(all []refund, _ bool) error {
	stuck, byHand := 0, 0
	for _, r := range all {
		switch {
		case r.NextTry != nil:
		case r.LastError == payment.NoRefunder:
			byHand++
		default:
			stuck++
		}
	}
	var todo []error
	if stuck > 0 {
		todo = append(todo, fmt.Errorf("%d of %d wait for a person; mend the cause, then: seckill refunds retry --all", stuck, len(all)))
	}
	if byHand > 0 {
		todo = append(todo, fmt.Errorf("%d of %d are to be returned by hand, since the provider has no API here (payment.standard.api_url);"+
			" its refund.succeeded callback closes them", byHand, len(all)))
	}
	if len(todo) == 0 {
		return nil
	}
	return errNo{errors.Join(todo...)}
}
