package bench

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAFigureIsTheMedianOfItsRoundsWithTheirSpread(t *testing.T) {
	o := outcome{number: 1, row: row{what: "orders", unit: "/s", goal: goal{atLeast: 0.75}}, readings: []reading{
		{ours: 30_000, reference: 40_000}, {ours: 10_000, reference: 40_000}, {ours: 32_000, reference: 40_000},
		{ours: 20_000, reference: 40_000}, {ours: 40_000, reference: 40_000},
	}}
	require.Equal(t, "| 1 | orders | 30000 /s | 40000 /s | **0.75** (0.25 to 1.00) | ≥ 0.75 | yes |\n", o.line())
	o.readings = o.readings[:4]
	require.Equal(t, "| 1 | orders | 25000 /s | 40000 /s | **0.62** (0.25 to 0.80) | ≥ 0.75 | no |\n", o.line(), "the mean of the two in the middle")
}

// The ratio of each round is taken before the median: a slow moment of the machine
// slows both.
func TestRatiosAreOfRoundsAndNotOfMedians(t *testing.T) {
	o := outcome{row: row{goal: goal{atMost: 3}}, readings: []reading{{10, 5}, {20, 10}, {100, 50}, {1, 1}, {1, 1}}}
	require.InDelta(t, 2, median(o.each(o.row.goal.judged)), 1e-9)
	require.Contains(t, o.line(), "**2.00** (1.00 to 2.00)")
}

func TestAnAbsoluteGoalNeedsNoReference(t *testing.T) {
	o := outcome{number: 10, row: row{what: "bytes", unit: "bytes", goal: goal{atMost: 350, absolute: true}}, readings: []reading{{ours: 420}}}
	require.Equal(t, "| 10 | bytes | 420 bytes | — | **420** (420 to 420) | ≤ 350 | no |\n", o.line())
}

func TestFiguresAreChosenByNumber(t *testing.T) {
	all, err := choose("")
	require.NoError(t, err)
	require.Len(t, all, 15)
	some, err := choose("4, 1")
	require.NoError(t, err)
	require.Equal(t, []int{4, 1}, []int{some[0].number, some[1].number})
	for _, wrong := range []string{"16", "x", "1,,2"} {
		_, err := choose(wrong)
		require.Error(t, err, wrong)
	}
}

func TestTheTableIsInOrder(t *testing.T) {
	of := func(n int, what string) outcome {
		return outcome{number: n, row: row{what: what, goal: goal{atMost: 1, absolute: true}}, readings: []reading{{ours: 1}}}
	}
	text := markdown(machine{}, []string{"settings"}, []outcome{of(3, "c"), of(13, "x"), of(3, "d"), of(2, "b")})
	require.Contains(t, text, "| 2 | b | 1.00 | — | **1.00** (1.00 to 1.00) | ≤ 1 | yes |\n| 3 | c |")
	require.Regexp(t, `(?s)\| 3 \| c .*\| 3 \| d .*\| 13 \| x`, text)
}
