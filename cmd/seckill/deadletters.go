package main

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/spf13/cobra"
)

func deadLettersCommand(f *configFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dead-letters",
		Short: "Look at messages that nobody could handle, and send them back",
	}
	letters := waiting[deadLetter]{
		path: "/api/v1/admin/dead-letters", name: "dead_letters", none: "no dead letters",
		columns: []any{"ID", "QUEUE", "ATTEMPTS", "SINCE", "REASON"},
		cells: func(d deadLetter) []any {
			return []any{d.ID, d.Queue, d.Attempts, d.At.Format(time.RFC3339), d.Reason}
		},
		verdict: func(all []deadLetter, more bool) error {
			if len(all) == 0 {
				return nil
			}
			return errNo{fmt.Errorf("%s%s; mend the cause, then: seckill dead-letters requeue --all", atLeast(more), counted(len(all), "dead letter"))}
		},
	}
	requeue := again{
		use: "requeue [ID...]", short: "Send dead letters back to the queue they come from", path: "/api/v1/admin/dead-letters/requeue",
		count: "requeued", ids: "the dead letters' ids", all: "send all of them back", done: "sent back", missing: "were not found",
	}
	cmd.AddCommand(letters.listCommand(f, "List dead letters; exit code 1 when there are some"), deadLettersShowCommand(f), requeue.command(f))
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
				d.show(cmd.OutOrStdout())
			}
			return nil
		},
	}
	admin.register(cmd)
	return cmd
}

func (d deadLetter) show(out io.Writer) {
	died := "unknown"
	if !d.At.IsZero() {
		died = d.At.Format(time.RFC3339)
	}
	var t table
	t.row("id:", d.ID)
	t.row("queue:", cmp.Or(d.Queue, "unknown"))
	t.row("key:", d.Key)
	t.row("reason:", d.Reason)
	t.row("attempts:", d.Attempts)
	t.row("died:", died)
	for _, name := range slices.Sorted(maps.Keys(d.Headers)) {
		t.row(name+":", d.Headers[name])
	}
	t.print(out)
	fmt.Fprintln(out, d.content())
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
