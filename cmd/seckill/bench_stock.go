package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/seckill-go/seckill/internal/config"
	"github.com/seckill-go/seckill/internal/stockload"
	"github.com/seckill-go/seckill/seckill/inventory"
)

// benchStockOptions say what is measured. The flags tell their meaning.
type benchStockOptions struct {
	strategies     []string
	goods, callers []int
	processes      int
	duration, warm time.Duration
	rounds         int
}

func benchStockCommand(f *configFlags) *cobra.Command {
	var o benchStockOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "stock",
		Short: "Measure what each strategy of the shop's stock costs",
		Long: "Sell goods of a stock by each strategy, from many callers at once in several processes, and\n" +
			"measure: each strategy with each number of goods and each number of callers. It needs no\n" +
			"running server. It sells in a database of its own beside that of mysql.dsn, which it makes\n" +
			"and deletes; in embedded mode, in a folder of its own.\n\n" +
			"Exit code 1: units were oversold, or the audit of the stock was not clean.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, _, err := f.load(cmd, config.RoleStock)
			if err != nil {
				return err
			}
			if err := o.check(cmd, cfg); err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			report, err := o.run(ctx, cfg, f.path, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if asJSON {
				err = json.NewEncoder(cmd.OutOrStdout()).Encode(report)
			} else {
				report.print(cmd.OutOrStdout())
			}
			return errors.Join(err, report.verdict())
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&o.strategies, "strategies", inventory.Strategies, "strategies to measure")
	flags.IntSliceVar(&o.goods, "goods", []int{1, 10, 1000}, "over how many goods the orders are spread; 1 is one hot goods")
	flags.IntSliceVarP(&o.callers, "callers", "c", []int{1, 8, 64, 256}, "how many sell at the same time, all processes together")
	flags.IntVar(&o.processes, "processes", 2, "processes that they are in; embedded mode has one")
	flags.DurationVarP(&o.duration, "duration", "d", 5*time.Second, "how long each is measured")
	flags.DurationVar(&o.warm, "warm", time.Second, "how long it sells before that")
	flags.IntVar(&o.rounds, "rounds", 1, "how often all of it is measured, in turn; the report has the medians")
	flags.BoolVar(&asJSON, "json", false, "print the report as JSON")
	return cmd
}

const (
	maxStockGoods   = 10_000
	maxStockCallers = 10_000
)

func (o *benchStockOptions) check(cmd *cobra.Command, cfg config.Config) error {
	for _, name := range o.strategies {
		if !slices.Contains(inventory.Strategies, name) {
			return fmt.Errorf("--strategies: %q is none of %s", name, strings.Join(inventory.Strategies, ", "))
		}
	}
	between := func(flag string, values []int, most int) error {
		for _, v := range values {
			if v < 1 || v > most {
				return fmt.Errorf("--%s: must be 1 to %d", flag, most)
			}
		}
		return nil
	}
	if cfg.Mode == config.Embedded {
		if o.processes != 1 && cmd.Flags().Changed("processes") {
			return errors.New("--processes: embedded mode is one process; set SECKILL_MODE=external, SECKILL_MYSQL_DSN and SECKILL_REDIS_ADDRS to measure several")
		}
		o.processes = 1
	}
	switch {
	case o.duration <= 0 || o.duration > time.Hour:
		return errors.New("--duration: must be more than 0s, and at most 1h")
	case o.warm < 0 || o.warm > time.Hour:
		return errors.New("--warm: must be 0s to 1h")
	case o.rounds < 1 || o.rounds > 100:
		return errors.New("--rounds: must be 1 to 100")
	case len(o.strategies) == 0 || len(o.goods) == 0 || len(o.callers) == 0:
		return errors.New("--strategies, --goods and --callers: must have at least one each")
	}
	return errors.Join(between("goods", o.goods, maxStockGoods), between("callers", o.callers, maxStockCallers),
		between("processes", []int{o.processes}, 64))
}

// cells are in the order in which they are measured: the strategies side by side, so that
// what the machine does meanwhile falls on all of them.
func (o *benchStockOptions) cells() (cells []stockload.Cell) {
	for _, goods := range o.goods {
		for _, callers := range o.callers {
			for _, way := range o.strategies {
				cells = append(cells, stockload.Cell{Way: way, Goods: goods, Callers: callers})
			}
		}
	}
	return cells
}

func (o *benchStockOptions) run(ctx context.Context, cfg config.Config, file string, progress io.Writer) (_ *benchStockReport, err error) {
	place, err := openStockPlace(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, place.close()) }()
	fmt.Fprintf(progress, "selling in %s, which is deleted at the end\n", place.stores.sql.Place())
	processes, err := stockload.Start(o.processes, place.callers(file, progress))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, processes.Close()) }()
	bench := &stockload.Bench{Processes: processes, Stock: stockload.InventoryStock{Inventory: place.stores.inventory}, DB: place.stores.sql,
		Measure: o.duration, Warm: o.warm}
	report := &benchStockReport{Version: thisBuild().String(), Processes: o.processes, Seconds: o.duration.Seconds(), Rounds: o.rounds}
	if report.Database, err = place.stores.sql.Describe(ctx); err != nil {
		return nil, err
	}
	cells := o.cells()
	rounds := make([][]stockload.Result, len(cells))
	for round := range o.rounds {
		for i, cell := range cells {
			fmt.Fprintf(progress, "round %d of %d: %s, %d goods, %d callers\n", round+1, o.rounds, cell.Way, cell.Goods, cell.Callers)
			result, err := bench.Run(ctx, cell)
			if errors.Is(err, stockload.ErrNotClean) {
				err = errNo{err}
			}
			if err != nil {
				return nil, err
			}
			rounds[i] = append(rounds[i], result)
		}
	}
	for _, r := range rounds {
		report.Results = append(report.Results, stockload.Median(r))
	}
	return report, nil
}
