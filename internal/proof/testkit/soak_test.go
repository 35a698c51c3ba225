package testkit

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEachCaseIsDrawnByOneOfSoManySeeds(t *testing.T) {
	t.Setenv(envSoak, "")
	const cases, every = 43, 4
	ran := map[int]int{}
	for seed := range every {
		t.Setenv(envSeed, fmt.Sprint(seed))
		share := 0
		for i := range cases {
			t.Run("case", func(t *testing.T) {
				InTurn(t, i, every)
				ran[i]++
				share++
			})
		}
		require.InDelta(t, cases/every, share, 1)
	}
	require.Len(t, ran, cases)
	for i, times := range ran {
		require.Equal(t, 1, times, "case %d", i)
	}
}

func TestASoakRunsEverything(t *testing.T) {
	t.Setenv(envSoak, "1")
	ran := 0
	for i := range 10 {
		t.Run("case", func(t *testing.T) {
			InTurn(t, i, 5)
			OnlyInSoak(t, "")
			ran++
		})
	}
	require.Equal(t, 10, ran)
}
