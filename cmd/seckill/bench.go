package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/seckill-go/seckill/internal/config"
	"github.com/seckill-go/seckill/seckill"
)

// benchOptions say what load a bench makes. The flags tell their meaning.
type benchOptions struct {
	connections  int
	rate         float64
	duration     time.Duration
	requests     int64
	buyers       int
	stock        int64
	hold         time.Duration
	sale, sku    string
	timeout      time.Duration
	settleWithin time.Duration
	demoLogin    bool
}

func benchCommand(f *configFlags) *cobra.Command {
	var admin adminFlags
	var o benchOptions
	var asJSON bool
	var page string
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Let many buyers buy from a running server, and measure it",
		Long: "Let many buyers buy from a running server over many connections, wait until the last\n" +
			"accepted order is payable, audit the sale, and report. By itself it makes a sale for\n" +
			"the run and closes it afterwards. Tokens are signed with auth.hs256_secret.\n\n" +
			"Without --rate each connection asks again when it was answered (a closed loop, which\n" +
			"finds the most that the server can do); with it requests are due at that rate whatever\n" +
			"the server does, and latencies count from when each was due.\n\n" +
			"All requests come from one address: switch limits.per_ip_rps and limits.per_buyer_rps\n" +
			"of the server off, or high, for the run. Exit code 1: the audit is not clean, so there\n" +
			"are no figures.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			if err := writable(page); err != nil {
				return err
			}
			client, err := admin.client(cmd, f)
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			b := &bench{benchOptions: o, client: client, progress: cmd.ErrOrStderr()}
			if err := b.makeBuyers(ctx, cmd, f); err != nil {
				return err
			}
			report, err := b.run(ctx)
			if err != nil {
				return err
			}
			if page != "" {
				if err := report.writePage(page); err != nil {
					return err
				}
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(report)
			}
			report.print(cmd.OutOrStdout())
			return nil
		},
	}
	cmd.AddCommand(benchStockCommand(f), benchStockCallersCommand(f))
	admin.register(cmd)
	o.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	cmd.Flags().StringVar(&page, "html", "", "write the report as a page with plots to this file")
	return cmd
}

func (o *benchOptions) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVarP(&o.connections, "connections", "c", 128, "connections to the server, each with one request at a time")
	flags.Float64Var(&o.rate, "rate", 0, "requests a second (an open loop); 0 is as fast as the answers come (a closed loop)")
	flags.DurationVarP(&o.duration, "duration", "d", 10*time.Second, "how long requests are sent")
	flags.Int64VarP(&o.requests, "requests", "n", 0, "end after so many requests, if that is earlier; 0 is no bound")
	flags.IntVar(&o.buyers, "buyers", 20_000, "buyers, who buy in turn, one unit at a time")
	flags.Int64Var(&o.stock, "stock", seckill.MaxStock, "units of the sale that is made for the run; few show how it sells out")
	flags.DurationVar(&o.hold, "hold", 5*time.Minute, "time to pay in that sale; nobody pays, so its orders expire")
	flags.StringVar(&o.sale, "sale", "", "id of a sale to buy from, instead of making one; it is left open")
	flags.StringVar(&o.sku, "sku", "", "item of that sale (default: its first one)")
	flags.DurationVar(&o.timeout, "timeout", 10*time.Second, "how long one answer may take")
	flags.DurationVar(&o.settleWithin, "settle-within", 2*time.Minute, "how long to wait for the last accepted order to be payable")
	flags.BoolVar(&o.demoLogin, "demo-login", false, "ask the server for the buyers' tokens (auth.demo_login) instead of signing them; 200 buyers unless said otherwise")
}

// maxBenchBuyers bounds the memory that their tokens take, about 200 bytes each.
const maxBenchBuyers = 5_000_000

func (o *benchOptions) check() error {
	switch {
	case o.connections < 1 || o.connections > 100_000:
		return errors.New("--connections: must be 1 to 100000")
	case o.rate < 0:
		return errors.New("--rate: must not be negative")
	case o.duration <= 0 || o.duration > time.Hour:
		return errors.New("--duration: must be more than 0s, and at most 1h")
	case o.requests < 0:
		return errors.New("--requests: must not be negative")
	case o.buyers < 1 || o.buyers > maxBenchBuyers:
		return fmt.Errorf("--buyers: must be 1 to %d", maxBenchBuyers)
	case o.stock < 0 || o.stock > seckill.MaxStock:
		return fmt.Errorf("--stock: must be 0 to %d", seckill.MaxStock)
	case o.hold < seckill.MinHold || o.hold > seckill.MaxHold || o.hold%time.Second != 0:
		return fmt.Errorf("--hold: must be %v to %v, in whole seconds", seckill.MinHold, seckill.MaxHold)
	case o.timeout <= 0 || o.settleWithin <= 0:
		return errors.New("--timeout and --settle-within: must be more than 0s")
	case o.sku != "" && o.sale == "":
		return errors.New("--sku belongs to --sale")
	}
	if o.sale != "" {
		if _, err := seckill.ParseID(o.sale); err != nil {
			return fmt.Errorf("--sale: %q is not a sale's id", o.sale)
		}
	}
	return nil
}

// writable tells of a folder that is not there before the run, not after it.
func writable(page string) error {
	if page == "" {
		return nil
	}
	if info, err := os.Stat(filepath.Dir(page)); err != nil || !info.IsDir() {
		return fmt.Errorf("--html: there is no folder %s", filepath.Dir(page))
	}
	return nil
}

// signingConfig is what the buyers' tokens are signed by.
func signingConfig(cmd *cobra.Command, f *configFlags) (config.Auth, error) {
	cfg, _, err := f.load(cmd, config.RoleToken)
	if err != nil {
		return config.Auth{}, fmt.Errorf("%w\n(--demo-login asks the server for tokens, where auth.demo_login is on)", err)
	}
	return cfg.Auth, nil
}
