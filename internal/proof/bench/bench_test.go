package bench

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/stocksafety"
	"github.com/seckill-go/seckill/internal/proof/testkit"
)

var (
	roundsFlag  = flag.Int("rounds", 0, "rounds of each figure; 0 measures nothing")
	onlyFlag    = flag.String("only", "", "numbers of the figures to measure, with commas between; empty is all")
	secondsFlag = flag.Float64("seconds", 5, "how long each measurement takes, in seconds")
	sustainFlag = flag.Float64("sustain", 30, "how long buyers buy where a figure is about lasting load, in seconds")
	buyersFlag  = flag.Int("buyers", 20_000, "buyers, who buy in turn")
	outFlag     = flag.String("out", "", "file that gets the table")
)

func TestMain(m *testing.M) {
	BeReference()
	stocksafety.BeCallers()
	code := m.Run()
	testkit.RemoveSeckill()
	os.Exit(code)
}

// TestFigures measures; make bench runs it. It fails when a figure could not be
// measured or an audit was not clean, not when a goal is missed: the table tells.
func TestFigures(t *testing.T) {
	if *roundsFlag < 1 {
		t.Skip("wants a machine for itself, for an hour: make bench")
	}
	chosen, err := choose(*onlyFlag)
	require.NoError(t, err)
	bin, err := testkit.Seckill()
	require.NoError(t, err)
	// An interrupted run still ends its servers.
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	seconds := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	l, err := NewLab(t, bin, Options{Rounds: *roundsFlag, Measure: seconds(*secondsFlag), Warm: min(time.Second, seconds(*secondsFlag/2)),
		Sustained: seconds(*sustainFlag), Buyers: *buyersFlag})
	require.NoError(t, err)
	m, err := l.machine(ctx)
	require.NoError(t, err)
	var outcomes []outcome
	for _, f := range chosen {
		t.Run(fmt.Sprint(f.number), func(t *testing.T) { outcomes = append(outcomes, l.measure(ctx, t, f)...) })
		if ctx.Err() != nil {
			break
		}
	}
	table := markdown(m, l.settings(), outcomes)
	if t.Failed() {
		table = "**This run failed; what is here is not all of it.**\n\n" + table
	}
	fmt.Printf("\n%s\n", table)
	if *outFlag != "" {
		require.NoError(t, os.WriteFile(*outFlag, []byte(table), 0o644))
	}
}

// choose finds figures by their numbers.
func choose(only string) ([]figure, error) {
	if only == "" {
		return figures, nil
	}
	var chosen []figure
	for _, text := range strings.Split(only, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		at := slices.IndexFunc(figures, func(f figure) bool { return f.number == n })
		if err != nil || at < 0 {
			return nil, fmt.Errorf("there is no figure %q", text)
		}
		chosen = append(chosen, figures[at])
	}
	return chosen, nil
}

// measure runs a figure's rounds. One that fails ends the figure: what is left of
// it would be a choice of the rounds that went well.
func (l *Lab) measure(ctx context.Context, t *testing.T, f figure) []outcome {
	outer := l.t
	l.t = t
	defer func() { l.t = outer }()
	outcomes := make([]outcome, len(f.rows))
	for i, r := range f.rows {
		outcomes[i] = outcome{number: f.number, row: r}
	}
	for round := range l.Rounds {
		readings, err := f.round(ctx, l)
		if err != nil {
			t.Errorf("figure %d, round %d: %v", f.number, round+1, err)
			return nil
		}
		for i := range outcomes {
			outcomes[i].readings = append(outcomes[i].readings, readings[i])
			t.Logf("round %d: %s", round+1, strings.TrimSpace(outcome{f.number, f.rows[i], readings[i : i+1]}.line()))
		}
	}
	return outcomes
}
