package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/seckill-go/seckill/seckill"
)

func refundsCommand(f *configFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "refunds",
		Short: "Look at money that has to go back, and have it tried again",
	}
	cmd.AddCommand(refundsListCommand(f), refundsRetryCommand(f))
	return cmd
}

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

// next says when the provider is asked.
func (r refund) next() string {
	if r.NextTry == nil {
		return "by hand"
	}
	return r.NextTry.Format(time.RFC3339)
}

func refundsListCommand(f *configFlags) *cobra.Command {
	var admin adminFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List refunds that are due; exit code 1 when some wait for a person",
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := admin.client(cmd, f)
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "PAYMENT\tORDER\tAMOUNT\tSINCE\tATTEMPTS\tNEXT TRY\tLAST ERROR")
			all, stuck := 0, 0
			err = client.eachRefund(cmd.Context(), func(r refund) {
				all++
				if r.NextTry == nil {
					stuck++
				}
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", r.PaymentID, r.OrderID, seckill.Money(r.Amount, r.Currency),
					r.Since.Format(time.RFC3339), r.Attempts, r.next(), r.LastError)
			})
			if err != nil {
				return err
			}
			if all == 0 {
				fmt.Fprintln(cmd.OutOrStdout(), "no refunds are due")
				return nil
			}
			if err := table.Flush(); err != nil || stuck == 0 {
				return err
			}
			return errNo{fmt.Errorf("%d of %d wait for a person; mend the cause, then: seckill refunds retry --all", stuck, all)}
		},
	}
	admin.register(cmd)
	return cmd
}

// eachRefund reads all pages.
func (c *adminClient) eachRefund(ctx context.Context, do func(refund)) error {
	for cursor := ""; ; {
		var page struct {
			Refunds    []refund `json:"refunds"`
			NextCursor string   `json:"next_cursor"`
		}
		path := "/api/v1/admin/refunds?limit=100&cursor=" + url.QueryEscape(cursor)
		if _, err := c.call(ctx, "GET", path, nil, &page); err != nil {
			return err
		}
		for _, r := range page.Refunds {
			do(r)
		}
		if page.NextCursor == "" {
			return nil
		}
		cursor = page.NextCursor
	}
}

func refundsRetryCommand(f *configFlags) *cobra.Command {
	var admin adminFlags
	var all bool
	cmd := &cobra.Command{
		Use:   "retry [PAYMENT...]",
		Short: "Ask the provider for refunds again at once",
		RunE: func(cmd *cobra.Command, ids []string) error {
			if all == (len(ids) > 0) {
				return errors.New("name the payments' ids, or --all")
			}
			client, err := admin.client(cmd, f)
			if err != nil {
				return err
			}
			body := struct {
				IDs []string `json:"ids,omitempty"` // none means all
			}{ids}
			var answer struct {
				Retried int `json:"retried"`
			}
			if _, err := client.call(cmd.Context(), "POST", "/api/v1/admin/refunds/retry", body, &answer); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d are asked for again\n", answer.Retried)
			if !all && answer.Retried < len(ids) {
				return errNo{fmt.Errorf("%d of %d have nothing to refund", len(ids)-answer.Retried, len(ids))}
			}
			return nil
		},
	}
	admin.register(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "all that are due")
	return cmd
}
