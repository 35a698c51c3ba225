package seldom

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOneLineInAWhileTellsOfThoseLeftOut(t *testing.T) {
	t.Parallel()
	var l Line
	now := time.Unix(1_800_000_000, 0)
	wants := func(leftOut int, due bool) {
		t.Helper()
		n, d := l.Due(now)
		require.Equal(t, due, d)
		require.Equal(t, leftOut, n)
	}
	wants(0, true)
	wants(0, false)
	now = now.Add(Every - 1)
	wants(0, false)
	now = now.Add(1)
	wants(2, true)
	now = now.Add(Every)
	wants(0, true)
}
