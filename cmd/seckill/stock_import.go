package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seckill-go/seckill/internal/salefile"
	"github.com/seckill-go/seckill/web"
)

func stockImportCommand(f *configFlags) *cobra.Command {
	var reason, key string
	var dryRun bool
	cmd := oneGoods(f, "import FILE", "Change the stock of many goods as a CSV file says", cobra.ExactArgs(1),
		func(cmd *cobra.Command, client *adminClient, args []string) error {
			reason = strings.TrimSpace(reason)
			if reason == "" && !dryRun {
				return errors.New("say why with --reason; the history keeps it")
			}
			if key == "" && cmd.Flags().Changed("key") {
				return errors.New("--key is empty: give a key, or leave it out for one that is made of the rows and the reason")
			}
			content, rows, err := readStockFile(args[0])
			if err != nil {
				return err
			}
			if key == "" {
				key = keyOf(rows, reason)
			}
			return stockImporter{client, cmd.OutOrStdout(), args[0], content}.run(cmd.Context(), reason, key, dryRun)
		})
	cmd.Long = "Change the stock of many goods as a CSV file says, through a running server: all of its rows or none.\n" +
		"Columns are goods, on_hand (so many from now on) or by (so many come, or go), and reason.\n" +
		"What it will do is shown first. The same rows with the same reason again change nothing."
	cmd.Flags().StringVar(&reason, "reason", "", "why, at most 200 characters; of rows that have no reason of their own")
	cmd.Flags().StringVar(&key, "key", "", "under the same key an import counts once (default: made of the rows and the reason)")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show what the file would do, and change nothing; exit code 1 if rows would be refused")
	return cmd
}

func readStockFile(name string) (content []byte, rows []salefile.StockRow, err error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	content, err = io.ReadAll(io.LimitReader(file, web.MaxBodyBytes+1))
	if err != nil {
		return nil, nil, err
	}
	if len(content) > web.MaxBodyBytes {
		return nil, nil, nothingImported(name, fmt.Errorf("it is larger than %d KiB; split it", web.MaxBodyBytes>>10))
	}
	if rows, err = salefile.ReadStock(name, bytes.NewReader(content)); err != nil {
		return nil, nil, nothingImported(name, err)
	}
	return content, rows, nil
}

func nothingImported(file string, err error) error {
	return errNo{fmt.Errorf("%s: nothing was imported:\n%w", file, err)}
}

// keyOf is the same for the same rows with the same reason, so that who runs the command
// again, since he saw no answer, books nothing twice; also where a spreadsheet has saved
// the file anew, with other ends of lines.
func keyOf(rows []salefile.StockRow, reason string) string {
	sum := sha256.New()
	for _, r := range rows {
		to := "-"
		if r.To != nil {
			to = strconv.FormatInt(*r.To, 10)
		}
		fmt.Fprintf(sum, "%q %s %d %q\n", r.Goods, to, r.By, r.Reason)
	}
	fmt.Fprintf(sum, "%q", reason)
	return hex.EncodeToString(sum.Sum(nil))
}

// stockImporter sends a file of the stock over the operators' API.
type stockImporter struct {
	client  *adminClient
	out     io.Writer
	file    string
	content []byte
}

// stockImport is what the file would do, or did.
type stockImport struct {
	Repeated bool      `json:"repeated"`
	At       time.Time `json:"at"`
	Rows     []struct {
		Goods  string `json:"goods"`
		Before int64  `json:"before"`
		After  int64  `json:"after"`
		New    bool   `json:"new"`
		Wrong  string `json:"wrong"`
	} `json:"rows"`
}

// run shows what the file would do before it is done. Rows that would be refused are the
// server's to refuse: it alone knows whether the file was applied before.
func (im stockImporter) run(ctx context.Context, reason, key string, dryRun bool) error {
	preview, err := im.send(ctx, "", "")
	if err != nil {
		return err
	}
	refused := im.tell(preview)
	switch {
	case dryRun && refused > 0:
		return errNo{fmt.Errorf("%s: %d of %d rows would be refused, and the others with them", im.file, refused, len(preview.Rows))}
	case dryRun:
		fmt.Fprintln(im.out, "nothing was imported: it is a dry run")
		return nil
	}
	done, err := im.send(ctx, "?apply=true&reason="+url.QueryEscape(reason), key)
	if err != nil {
		return err
	}
	if done.Repeated {
		fmt.Fprintf(im.out, "%s was applied already on %s, and nothing was changed now: give another --key if it is meant again\n",
			im.file, done.At.Format(time.RFC3339))
		return nil
	}
	changed := 0
	for _, r := range done.Rows {
		if r.New || r.After != r.Before {
			changed++
		}
	}
	fmt.Fprintf(im.out, "%d goods changed, %d as they were\n", changed, len(done.Rows)-changed)
	return nil
}

// tell shows a preview, and counts the rows that would be refused.
func (im stockImporter) tell(preview stockImport) (refused int) {
	rows := &table{}
	rows.row("GOODS", "ON HAND", "THEN", "CHANGE")
	for _, r := range preview.Rows {
		change := fmt.Sprintf("%+d", r.After-r.Before)
		switch {
		case r.Wrong != "":
			refused++
			change = "refused: " + r.Wrong
		case r.New:
			change += ", new goods"
		case r.After == r.Before:
			change = "none"
		}
		rows.row(r.Goods, r.Before, r.After, change)
	}
	rows.print(im.out)
	return refused
}

func (im stockImporter) send(ctx context.Context, query, key string) (answer stockImport, err error) {
	header := http.Header{"Content-Type": {"text/csv"}}
	if key != "" {
		header.Set("Idempotency-Key", key)
	}
	_, err = im.client.send(ctx, "POST", inventoryPath+"-import"+query, im.content, header, &answer)
	var p *problem
	if errors.As(err, &p) && len(p.Errors) > 0 {
		var rows []error
		for _, e := range p.Errors {
			rows = append(rows, fmt.Errorf("%s: %s", e.Field, e.Reason))
		}
		err = nothingImported(im.file, errors.Join(rows...))
	}
	return answer, err
}
