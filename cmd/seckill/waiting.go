package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/spf13/cobra"
)

// waiting is a kind of thing that waits until it is tried again: two groups of
// commands list it and have it tried.
type waiting[T any] struct {
	path    string // of the API that lists it
	name    string // of the list in an answer
	none    string // what is said when there is nothing
	columns []any
	cells   func(T) []any
	// verdict is what a list means for the exit code, with what to do about it.
	verdict func(all []T, more bool) error
}

// waitingPage is the most that the API gives at once.
const waitingPage = 100

func (w waiting[T]) listCommand(f *configFlags, short string) *cobra.Command {
	var admin adminFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: short,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := admin.client(cmd, f)
			if err != nil {
				return err
			}
			written, more, err := w.all(cmd.Context(), client)
			if err != nil {
				return err
			}
			all, rows := make([]T, len(written)), &table{}
			rows.row(w.columns...)
			for i, one := range written {
				if json.Unmarshal(one, &all[i]) != nil {
					return client.notUnderstood()
				}
				rows.row(w.cells(all[i])...)
			}
			switch {
			case asJSON:
				for _, one := range written {
					fmt.Fprintf(cmd.OutOrStdout(), "%s\n", one)
				}
			case len(all) == 0:
				fmt.Fprintln(cmd.OutOrStdout(), w.none)
			default:
				rows.print(cmd.OutOrStdout())
			}
			return w.verdict(all, more)
		},
	}
	admin.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, one a line, as the API has it")
	return cmd
}

// all reads every page; more tells that there may be others, where the API gives no
// second page.
func (w waiting[T]) all(ctx context.Context, client *adminClient) (all []json.RawMessage, more bool, err error) {
	for cursor := ""; ; {
		var page map[string]json.RawMessage
		path := fmt.Sprintf("%s?limit=%d", w.path, waitingPage)
		if cursor != "" {
			path += "&cursor=" + url.QueryEscape(cursor)
		}
		if _, err := client.call(ctx, "GET", path, nil, &page); err != nil {
			return nil, false, err
		}
		var some []json.RawMessage
		if json.Unmarshal(page[w.name], &some) != nil {
			return nil, false, client.notUnderstood()
		}
		all, cursor = append(all, some...), ""
		if next, ok := page["next_cursor"]; ok && json.Unmarshal(next, &cursor) != nil {
			return nil, false, client.notUnderstood()
		}
		if cursor == "" {
			return all, len(some) == waitingPage, nil
		}
	}
}

// again has what waits tried again, by ids or all of it.
type again struct {
	use, short string
	path       string // of the API that does it
	count      string // the field of its answer that says how many
	ids        string // what the ids are, such as "the payments' ids"
	all        string // what --all does
	done       string // what was done with so many
	missing    string // what is to be said of the others that were named
}

func (a again) command(f *configFlags) *cobra.Command {
	var admin adminFlags
	var all bool
	cmd := &cobra.Command{
		Use:   a.use,
		Short: a.short,
		RunE: func(cmd *cobra.Command, ids []string) error {
			if all == (len(ids) > 0) {
				return errors.New("name " + a.ids + ", or --all")
			}
			client, err := admin.client(cmd, f)
			if err != nil {
				return err
			}
			body := struct {
				IDs []string `json:"ids,omitempty"` // none means all
			}{ids}
			var answer map[string]int
			if _, err := client.call(cmd.Context(), "POST", a.path, body, &answer); err != nil {
				return err
			}
			n := answer[a.count]
			fmt.Fprintf(cmd.OutOrStdout(), "%d %s\n", n, a.done)
			if !all && n < len(ids) {
				return errNo{fmt.Errorf("%d of %d %s", len(ids)-n, len(ids), a.missing)}
			}
			return nil
		},
	}
	admin.register(cmd)
	cmd.Flags().BoolVar(&all, "all", false, a.all)
	return cmd
}
