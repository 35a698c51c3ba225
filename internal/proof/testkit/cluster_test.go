package testkit

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAClusterMovesASlotReplacesAMasterAndTakesItBack(t *testing.T) {
	t.Parallel()
	c := NewRedisCluster(t)
	slot := c.Slot("{a}")
	from := c.Master(slot)
	to := (from + 1) % clusterMasters
	move, err := c.MoveSlot(slot, to)
	require.NoError(t, err)
	require.NoError(t, move.Finish())
	require.Equal(t, to, c.Master(slot))
	Eventually(t, c.Whole, "all agree")

	c.Kill(to)
	Eventually(t, func() bool { m := c.Master(slot); return m >= 0 && m != to }, "a replica is promoted")
	c.Start(to)
	Eventually(t, c.Whole, "the cluster is whole again")
	require.True(t, c.IsReplica(to))
}
