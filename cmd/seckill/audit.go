package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/seckill-go/seckill/seckill"
)

func auditCommand(f *configFlags) *cobra.Command {
	var admin adminFlags
	var asJSON, watch, repair, yes bool
	var every time.Duration
	cmd := &cobra.Command{
		Use:   "audit [SALE]",
		Short: "Check that every unit is in exactly one place",
		Long: "Compare the counters of Redis and SQL of one sale, or of every loaded one.\n" +
			"Exit code 0: conserved; 1: drift; 2: could not tell.\n\n" +
			"With --repair, tell what would make a drifted sale conserved again, and with\n" +
			"--yes do it: available in Redis is set as SQL has it. The sale must be paused,\n" +
			"or have nothing in flight. Exit code 0: conserved now; 1: not; 2: could not tell.",
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case repair && len(args) == 0:
				return errors.New("--repair needs the sale's id")
			case repair && watch:
				return errors.New("--repair and --watch do not go together")
			case every <= 0:
				return errors.New("--every: must be more than 0s")
			case yes && !repair:
				return errors.New("--yes belongs to --repair")
			}
			client, err := admin.client(cmd, f)
			if err != nil {
				return err
			}
			a := auditCLI{client: client, out: cmd.OutOrStdout(), json: asJSON}
			if repair {
				return a.repair(cmd.Context(), args, !yes)
			}
			for {
				err := a.run(cmd.Context(), args)
				if !watch {
					return err
				}
				if err != nil {
					fmt.Fprintln(cmd.ErrOrStderr(), "seckill:", err)
				}
				select {
				case <-cmd.Context().Done():
					return err
				case <-time.After(every):
				}
			}
		},
	}
	admin.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, one audit a line")
	cmd.Flags().BoolVar(&watch, "watch", false, "go on until interrupted")
	cmd.Flags().BoolVar(&repair, "repair", false, "tell what would make the sale conserved again, and change nothing")
	cmd.Flags().BoolVar(&yes, "yes", false, "with --repair: do it")
	cmd.Flags().DurationVar(&every, "every", 2*time.Second, "pause between two looks with --watch")
	return cmd
}

type auditCLI struct {
	client *adminClient
	out    io.Writer
	json   bool
}

var errDrift = errors.New("drift: units are missing or double")

func (a auditCLI) run(ctx context.Context, args []string) error {
	sales, err := a.sales(ctx, args)
	if err != nil {
		return err
	}
	drift := false
	var unread error
	var letters deadLetterLines
	rows := table{right: true}
	if len(sales) > 0 {
		rows.row("SALE", "NAME", "SKU", "TOTAL", "AVAILABLE", "IN FLIGHT", "RESERVED", "SOLD", "RELEASING", "DRIFT")
	}
	for _, sale := range sales {
		var audit seckill.Audit
		if _, err := a.client.call(ctx, "GET", "/api/v1/admin/sales/"+sale.ID.String()+"/audit", nil, &audit); err != nil {
			unread = errors.Join(unread, fmt.Errorf("sale %s (%s): %w", sale.ID, sale.Name, err))
			continue
		}
		drift = drift || !audit.Conserved
		letters.add(audit)
		if a.json {
			if err := json.NewEncoder(a.out).Encode(audit); err != nil {
				return err
			}
			continue
		}
		for _, it := range audit.Items {
			rows.row(sale.ID, shortened(sale.Name, 24), it.SKU, it.Total, it.Available, it.InFlight, it.Reserved, it.Sold, it.Releasing, it.Drift)
		}
	}
	if !a.json {
		rows.print(a.out)
		letters.print(a.out)
	}
	switch {
	case drift:
		return errNo{errDrift}
	case unread != nil:
		return couldNotTell(unread)
	case !a.json && len(sales) == 0:
		fmt.Fprintln(a.out, "no sale is loaded")
	case !a.json:
		fmt.Fprintln(a.out, "conserved: every unit is in exactly one place")
	}
	return nil
}

// couldNotTell hides from the exit code what the server said: a "no" to the question
// is no audit's answer.
func couldNotTell(err error) error { return fmt.Errorf("could not tell: %v", err) }

// sales lists the sale given, or all that are loaded.
func (a auditCLI) sales(ctx context.Context, args []string) ([]adminSale, error) {
	if len(args) == 1 {
		if _, err := seckill.ParseID(args[0]); err != nil {
			return nil, fmt.Errorf("%q is not a sale's id, which is a number; without one, all sales that are loaded are audited", args[0])
		}
		var sale adminSale
		_, err := a.client.call(ctx, "GET", "/api/v1/admin/sales/"+args[0], nil, &sale)
		var no *problem
		switch {
		case errors.As(err, &no) && no.Code == seckill.CodeNotFound:
			return nil, couldNotTell(fmt.Errorf("there is no sale %s at %s", args[0], a.client.base))
		case err != nil:
			return nil, couldNotTell(err)
		}
		return []adminSale{sale}, nil
	}
	var loaded []adminSale
	cursor := ""
	for {
		var page struct {
			Sales      []adminSale `json:"sales"`
			NextCursor string      `json:"next_cursor"`
		}
		if _, err := a.client.call(ctx, "GET", "/api/v1/admin/sales?cursor="+cursor, nil, &page); err != nil {
			return nil, err
		}
		for _, s := range page.Sales {
			if s.State == string(seckill.SaleReady) || s.State == string(seckill.SalePaused) {
				loaded = append(loaded, s)
			}
		}
		if page.NextCursor == "" {
			return loaded, nil
		}
		cursor = page.NextCursor
	}
}
