package main

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

func deadLettersCommand(f *configFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dead-letters",
		Short: "Look at messages that nobody could handle, and send them back",
	}
	cmd.AddCommand(deadLettersListCommand(f), deadLettersRequeueCommand(f))
	return cmd
}

type deadLetter struct {
	ID       string    `json:"id"`
	Queue    string    `json:"queue"`
	Reason   string    `json:"reason"`
	Attempts int       `json:"attempts"`
	At       time.Time `json:"died_at"`
}

func deadLettersListCommand(f *configFlags) *cobra.Command {
	var admin adminFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List dead letters; exit code 1 when there are some",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := admin.client(cmd, f)
			if err != nil {
				return err
			}
			var answer struct {
				DeadLetters []deadLetter `json:"dead_letters"`
			}
			if _, err := client.call(cmd.Context(), "GET", "/api/v1/admin/dead-letters", nil, &answer); err != nil {
				return err
			}
			if len(answer.DeadLetters) == 0 {
				fmt.Fprintln(cmd.OutOrStdout(), "no dead letters")
				return nil
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "ID\tQUEUE\tATTEMPTS\tSINCE\tREASON")
			for _, d := range answer.DeadLetters {
				fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\n", d.ID, d.Queue, d.Attempts, d.At.Format(time.RFC3339), d.Reason)
			}
			if err := table.Flush(); err != nil {
				return err
			}
			return errNo{fmt.Errorf("%d dead letters; mend the cause, then: seckill dead-letters requeue --all", len(answer.DeadLetters))}
		},
	}
	admin.register(cmd)
	return cmd
}

func deadLettersRequeueCommand(f *configFlags) *cobra.Command {
	var admin adminFlags
	var all bool
	cmd := &cobra.Command{
		Use:   "requeue [ID...]",
		Short: "Send dead letters back to the queue they come from",
		RunE: func(cmd *cobra.Command, ids []string) error {
			if all == (len(ids) > 0) {
				return errors.New("name the dead letters' ids, or --all")
			}
			client, err := admin.client(cmd, f)
			if err != nil {
				return err
			}
			body := struct {
				IDs []string `json:"ids,omitempty"` // none means all
			}{ids}
			var answer struct {
				Requeued int `json:"requeued"`
			}
			if _, err := client.call(cmd.Context(), "POST", "/api/v1/admin/dead-letters/requeue", body, &answer); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d sent back\n", answer.Requeued)
			if !all && answer.Requeued < len(ids) {
				return errNo{fmt.Errorf("%d of %d were not found", len(ids)-answer.Requeued, len(ids))}
			}
			return nil
		},
	}
	admin.register(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "send all of them back")
	return cmd
}
