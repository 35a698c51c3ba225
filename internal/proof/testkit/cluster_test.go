package testkit

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAClusterReplacesAMasterAndTakesItBack(t *testing.T) {
	t.Parallel()
	c := NewRedisCluster(t)
	slot := c.Slot("{a}")
	old := c.Master(slot)
	require.GreaterOrEqual(t, old, 0)
	c.Kill(old)
	Eventually(t, func() bool { m := c.Master(slot); return m >= 0 && m != old }, "a replica is promoted")
	c.Start(old)
	Eventually(t, c.Whole, "the cluster is whole again")
	require.True(t, c.IsReplica(old))
}

func TestASlotOfAClusterMoves(t *testing.T) {
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
}
