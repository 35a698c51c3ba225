package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// goodsStock is the shop's stock of one goods.
type goodsStock struct {
	Goods     string    `json:"goods"`
	OnHand    int64     `json:"on_hand"`
	Available int64     `json:"available"`
	Reserved  int64     `json:"reserved"`
	Allotted  int64     `json:"allotted"`
	Sold      int64     `json:"sold"`
	Version   int64     `json:"version"`
	Strategy  string    `json:"strategy"`
	UpdatedAt time.Time `json:"updated_at"`
	Sales     []struct {
		SaleID string `json:"sale_id"`
		Units  int64  `json:"units"`
	} `json:"sales"`
}

type stockChange struct {
	Kind     string    `json:"kind"`
	Quantity int64     `json:"quantity"`
	OrderNo  string    `json:"order_no"`
	SaleID   string    `json:"sale_id"`
	User     string    `json:"user"`
	Reason   string    `json:"reason"`
	At       time.Time `json:"at"`
}

const inventoryPath = "/api/v1/admin/inventory"

func stockCommand(f *configFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stock",
		Short: "Look at the shop's stock of goods, and change it",
		Long: "Look at the shop's stock of goods, and change it. On hand are the units that are available, reserved by\n" +
			"orders of the shop, and allotted to sales.",
	}
	list := waiting[goodsStock]{
		path: inventoryPath, name: "goods", none: "the shop has no stock yet: seckill stock set GOODS NUMBER --reason ...",
		columns: []any{"GOODS", "ON HAND", "AVAILABLE", "RESERVED", "ALLOTTED", "SOLD", "CHANGED"},
		cells: func(g goodsStock) []any {
			return []any{g.Goods, g.OnHand, g.Available, g.Reserved, g.Allotted, g.Sold, g.UpdatedAt.Format(time.RFC3339)}
		},
		verdict: func([]goodsStock, bool) error { return nil },
	}
	cmd.AddCommand(list.listCommand(f, "List the stock of all goods"), stockShowCommand(f), stockSetCommand(f), stockImportCommand(f), stockHistoryCommand(f), stockAuditCommand(f))
	return cmd
}

func goodsPath(goods string) string { return inventoryPath + "/" + url.PathEscape(goods) }

// oneGoods is a command about the goods that its first argument names.
func oneGoods(f *configFlags, use, short string, args cobra.PositionalArgs, run func(cmd *cobra.Command, client *adminClient, args []string) error) *cobra.Command {
	var admin adminFlags
	cmd := &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := admin.client(cmd, f)
			if err != nil {
				return err
			}
			return run(cmd, client, args)
		},
	}
	admin.register(cmd)
	return cmd
}

func stockShowCommand(f *configFlags) *cobra.Command {
	return oneGoods(f, "show GOODS", "Show where the units of one goods are", cobra.ExactArgs(1), func(cmd *cobra.Command, client *adminClient, args []string) error {
		var g goodsStock
		if _, err := client.call(cmd.Context(), "GET", goodsPath(args[0]), nil, &g); err != nil {
			return err
		}
		rows := &table{}
		rows.row("on hand", g.OnHand)
		rows.row("  available", g.Available)
		rows.row("  reserved", g.Reserved)
		rows.row("  allotted", g.Allotted)
		for _, s := range g.Sales {
			rows.row("    to sale "+s.SaleID, s.Units)
		}
		rows.row("sold", g.Sold)
		rows.row("version", g.Version)
		if g.Strategy != "" {
			rows.row("strategy", g.Strategy)
		}
		rows.row("changed", g.UpdatedAt.Format(time.RFC3339))
		rows.print(cmd.OutOrStdout())
		return nil
	})
}

func stockSetCommand(f *configFlags) *cobra.Command {
	body := struct {
		OnHand   *int64  `json:"on_hand,omitempty"`
		By       int64   `json:"by,omitempty"`
		Version  *int64  `json:"version,omitempty"`
		Strategy *string `json:"strategy,omitempty"`
		Reason   string  `json:"reason"`
	}{}
	var version int64
	var strategy string
	cmd := oneGoods(f, "set GOODS [NUMBER]", "Set how many units are on hand, or change it with --by", cobra.RangeArgs(1, 2),
		func(cmd *cobra.Command, client *adminClient, args []string) error {
			strategic := cmd.Flags().Changed("strategy")
			switch {
			case len(args) == 2 && body.By != 0, len(args) == 1 && body.By == 0 && !strategic:
				return errors.New("say how many are on hand, such as 100, or change it with --by, such as --by -3")
			case len(args) == 2:
				n, err := strconv.ParseInt(args[1], 10, 64)
				if err != nil {
					return fmt.Errorf("%q is no number of units, such as 100", args[1])
				}
				body.OnHand = &n
			}
			if body.Reason == "" {
				return errors.New("say why with --reason; the history keeps it")
			}
			if cmd.Flags().Changed("version") {
				body.Version = &version
			}
			if strategic {
				body.Strategy = &strategy
			}
			var g goodsStock
			if _, err := client.call(cmd.Context(), "POST", goodsPath(args[0]), body, &g); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d on hand, %d of them available (version %d)\n", g.Goods, g.OnHand, g.Available, g.Version)
			return nil
		})
	cmd.Flags().Int64Var(&body.By, "by", 0, "how many units come (5) or go (-5)")
	cmd.Flags().StringVar(&body.Reason, "reason", "", "why, at most 200 characters")
	cmd.Flags().Int64Var(&version, "version", 0, "the version that the goods must have; 0: they must not exist yet")
	cmd.Flags().StringVar(&strategy, "strategy", "", "how the goods are to be sold; empty: as configured")
	return cmd
}

func stockHistoryCommand(f *configFlags) *cobra.Command {
	var most int
	cmd := oneGoods(f, "history GOODS", "List the changes of one goods, the newest first", cobra.ExactArgs(1), func(cmd *cobra.Command, client *adminClient, args []string) error {
		rows := &table{}
		rows.row("AT", "KIND", "UNITS", "OF", "USER", "REASON")
		for cursor, left := "", most; left > 0; {
			var page struct {
				Changes    []stockChange `json:"changes"`
				NextCursor string        `json:"next_cursor"`
			}
			path := fmt.Sprintf("%s/history?limit=%d&cursor=%s", goodsPath(args[0]), min(left, waitingPage), url.QueryEscape(cursor))
			if _, err := client.call(cmd.Context(), "GET", path, nil, &page); err != nil {
				return err
			}
			for _, c := range page.Changes {
				of := c.OrderNo
				if c.SaleID != "" {
					of = "sale " + c.SaleID
				}
				rows.row(c.At.Format(time.RFC3339), c.Kind, c.Quantity, of, c.User, c.Reason)
			}
			left -= len(page.Changes)
			if cursor = page.NextCursor; cursor == "" {
				break
			}
		}
		rows.print(cmd.OutOrStdout())
		return nil
	})
	cmd.Flags().IntVar(&most, "most", 100, "the most changes to list")
	return cmd
}

func stockAuditCommand(f *configFlags) *cobra.Command {
	return oneGoods(f, "audit", "Compare the counters of all goods with what is recorded; exit code 1 on drift", cobra.NoArgs,
		func(cmd *cobra.Command, client *adminClient, _ []string) error {
			var report struct {
				Clean bool              `json:"clean"`
				Drift []json.RawMessage `json:"drift"`
			}
			if _, err := client.call(cmd.Context(), "GET", inventoryPath+"-audit", nil, &report); err != nil {
				return err
			}
			for _, d := range report.Drift {
				fmt.Fprintf(cmd.OutOrStdout(), "%s\n", d)
			}
			if !report.Clean {
				return errNo{fmt.Errorf("%d goods do not agree with their history, orders or sales", len(report.Drift))}
			}
			fmt.Fprintln(cmd.OutOrStdout(), "the counters of all goods agree with their history, orders and sales")
			return nil
		})
}
