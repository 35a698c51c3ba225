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

func TestAShareHasSomethingOfEverySeed(t *testing.T) {
	t.Setenv(envSoak, "")
	seen := map[int]bool{}
	for seed := range 3 {
		t.Setenv(envSeed, fmt.Sprint(seed))
		share := Share([]int{1, 2, 3, 4}, 3)
		require.NotEmpty(t, share)
		require.Less(t, len(share), 4)
		for _, c := range share {
			seen[c] = true
		}
		require.Len(t, Share([]int{1}, 3), 1, "a share is never empty")
	}
	require.Len(t, seen, 4, "the seeds together draw all")
	t.Setenv(envSoak, "1")
	require.Len(t, Share([]int{1, 2, 3, 4}, 3), 4)
}
