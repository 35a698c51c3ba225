package main

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

func deadLettersCommand(f *configFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dead-letters",
		Short: "Look at messages that nobody could handle, and send them back",
	}
	cmd.AddCommand(deadLettersListCommand(f), deadLettersShowCommand(f), deadLettersRequeueCommand(f))
	return cmd
}

type deadLetter struct {
	ID       string    `json:"id"`
	Queue    string    `json:"queue"`
	Key      string    `json:"routing_key"`
	Reason   string    `json:"reason"`
	Attempts int       `json:"attempts"`
	At       time.Time `json:"died_at"`

	Body    json.RawMessage   `json:"body"`
	Text    string            `json:"text"`
	Base64  []byte            `json:"base64"`
	Headers map[string]string `json:"headers"`
}

func deadLettersListCommand(f *configFlags) *cobra.Command {
	var admin adminFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List dead letters; exit code 1 when there are some",
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

func deadLettersShowCommand(f *configFlags) *cobra.Command {
	var admin adminFlags
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show all that is known of one dead letter; exit code 1 when there is none",
		Long: "Show all that is known of one dead letter: where and why it died, and what is in it.\n" +
			"A message that died in several queues is shown once for each.",
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := admin.client(cmd, f)
			if err != nil {
				return err
			}
			var answer struct {
				DeadLetters []deadLetter `json:"dead_letters"`
			}
			_, err = client.call(cmd.Context(), "GET", "/api/v1/admin/dead-letters/"+url.PathEscape(args[0]), nil, &answer)
			if err != nil {
				return err
			}
			for i, d := range answer.DeadLetters {
				if i > 0 {
					fmt.Fprintln(cmd.OutOrStdout())
				}
				if err := d.show(cmd.OutOrStdout()); err != nil {
					return err
				}
			}
			return nil
		},
	}
	admin.register(cmd)
	return cmd
}

func (d deadLetter) show(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	died := "unknown"
	if !d.At.IsZero() {
		died = d.At.Format(time.RFC3339)
	}
	fmt.Fprintf(table, "id:\t%s\nqueue:\t%s\nkey:\t%s\nreason:\t%s\nattempts:\t%d\ndied:\t%s\n",
		d.ID, cmp.Or(d.Queue, "unknown"), d.Key, d.Reason, d.Attempts, died)
	for _, name := range slices.Sorted(maps.Keys(d.Headers)) {
		fmt.Fprintf(table, "%s:\t%s\n", name, d.Headers[name])
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out, d.content())
	return err
}

// content is the message as a person reads it.
func (d deadLetter) content() string {
	var pretty bytes.Buffer
	switch {
	case json.Indent(&pretty, d.Body, "", "  ") == nil:
		return pretty.String()
	case d.Text != "":
		return d.Text
	}
	return hex.Dump(d.Base64)
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
