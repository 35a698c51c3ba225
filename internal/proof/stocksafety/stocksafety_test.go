package stocksafety

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/internal/stockload"
	"github.com/seckill-go/seckill/seckill/inventory"
)

var (
	roundsFlag  = flag.Int("rounds", 0, "rounds of the measurement; 0 measures nothing")
	secondsFlag = flag.Float64("seconds", 3, "how long each cell is measured, in seconds")
	outFlag     = flag.String("out", "", "folder of the docs, whose table and plots are made anew")
)

func TestMain(m *testing.M) {
	BeCallers()
	os.Exit(m.Run())
}

func placeOf(t testing.TB) Place {
	p := Place{DSN: testkit.MySQL(t)}
	p.Redis, p.Password, p.Prefix = testkit.Redis(t)
	return p
}

func measuring(t testing.TB, ctx context.Context, p Place, measure, warm time.Duration) *Measuring {
	m, err := Measure(ctx, p, measure, warm)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	return m
}

// What the measurement is for: it finds what oversells, and finds nothing of what does not.
func TestTheMeasurementTellsWhatOversells(t *testing.T) {
	t.Parallel()
	m := measuring(t, t.Context(), placeOf(t), 300*time.Millisecond, 0)
	for _, way := range Unsafe {
		testkit.Eventually(t, func() bool {
			r, err := m.Run(t.Context(), stockload.Cell{Way: way, Goods: 1, Callers: 8})
			require.NoError(t, err)
			return r.Oversold > 0
		}, way+" is seen to oversell")
	}
	for _, strategy := range inventory.Strategies {
		sold := false
		testkit.Eventually(t, func() bool {
			r, err := m.Run(t.Context(), stockload.Cell{Way: strategy, Goods: 2, Callers: 8})
			require.NoError(t, err)
			require.Zero(t, r.Oversold, strategy)
			sold = sold || r.PerSecond > 0
			return sold
		}, strategy+" sells")
	}
}

// TestStockSafety measures; make stock-safety runs it.
func TestStockSafety(t *testing.T) {
	if *roundsFlag < 1 {
		t.Skip("wants a machine for itself, for half an hour: make stock-safety")
	}
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	services := testkit.ServiceSet(t, "mysql", "redis")
	dsn, _, err := database.Scratch(ctx, services.MySQL(), "stocksafety") // the server ends with the test
	require.NoError(t, err)
	p := Place{DSN: dsn, Prefix: "stocksafety"}
	p.Redis, p.Password = services.Redis()
	measure := time.Duration(*secondsFlag * float64(time.Second))
	m := measuring(t, ctx, p, measure, min(time.Second, measure/2))
	cells := cells()
	rounds := make([][]stockload.Result, len(cells))
	for round := range *roundsFlag {
		for i, c := range cells {
			r, err := m.Run(ctx, c)
			require.NoError(t, err)
			fmt.Printf("round %d: %s", round+1, lastLine(markdown([]stockload.Result{r})))
			rounds[i] = append(rounds[i], r)
		}
	}
	var results []stockload.Result
	for _, r := range rounds {
		results = append(results, stockload.Median(r))
	}
	fmt.Printf("\n%s\n", markdown(results))
	for _, r := range results {
		if isSafe(r.Way) {
			require.Zero(t, r.Oversold, r.Way)
		}
	}
	if *outFlag != "" {
		server, err := m.safe.DB.Describe(ctx)
		require.NoError(t, err)
		require.NoError(t, write(*outFlag, conditions(server), results))
	}
}

func isSafe(way string) bool { return slices.Contains(inventory.Strategies, way) }

// cells of the table. The ways stand side by side, so that what the machine does meanwhile
// falls on all of them. What does not hold on one goods needs no more.
func cells() (cells []stockload.Cell) {
	for _, goods := range []int{1, 10, 1000} {
		for _, callers := range []int{1, 8, 64, 256} {
			for _, way := range inventory.Strategies {
				cells = append(cells, stockload.Cell{Way: way, Goods: goods, Callers: callers})
			}
			for _, way := range Unsafe {
				if goods == 1 {
					cells = append(cells, stockload.Cell{Way: way, Goods: goods, Callers: callers})
				}
			}
		}
	}
	return cells
}

// conditions tells what was measured with.
func conditions(server database.Description) string {
	return fmt.Sprintf("%d processors for everything; %s %s with innodb_flush_log_at_trx_commit = %s; %d processes of callers with 16 connections each;\n"+
		"%d rounds of %g s, each way after the other. Medians of the rounds, sums of what was counted. After each, the audit of the stock was clean.\n",
		runtime.NumCPU(), server.Product, server.Version, server.Settings["innodb_flush_log_at_trx_commit"], processes, *roundsFlag, *secondsFlag)
}

// write makes the table and the plots anew.
func write(docs, conditions string, results []stockload.Result) error {
	page := filepath.Join(docs, "stock-safety.md")
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	fresh := string(text)
	for name, with := range map[string]string{"conditions": conditions, "measured": markdown(results)} {
		if fresh, err = between(fresh, "<!-- "+name+" -->", "<!-- /"+name+" -->", with); err != nil {
			return err
		}
	}
	if err := os.WriteFile(page, []byte(fresh), 0o644); err != nil {
		return err
	}
	var hot []stockload.Result
	for _, r := range results {
		if r.Goods == 1 && isSafe(r.Way) {
			hot = append(hot, r)
		}
	}
	for name, p := range map[string]plot{
		"stock-rate.svg":    {"One hot goods: sales a second", "sales a second", func(r stockload.Result) float64 { return r.PerSecond }},
		"stock-latency.svg": {"One hot goods: the slowest of a hundred sales", "p99, ms", func(r stockload.Result) float64 { return r.P99 }},
	} {
		if err := os.WriteFile(filepath.Join(docs, "images", name), []byte(p.svg(hot)), 0o644); err != nil {
			return err
		}
	}
	return nil
}
