package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestASmallHeapMayGrowMoreThanALargeOne(t *testing.T) {
	for inUse, percent := range map[uint64]int{
		0: 300, 10 << 20: 300, 32 << 20: 200, 40 << 20: 160, 64 << 20: 100, 1 << 40: 60,
	} {
		require.Equal(t, percent, gcPercent(inUse), "%d bytes", inUse)
	}
}
