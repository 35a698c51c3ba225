package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/seckill-go/seckill/internal/config"
)

// Who trickles requests from one address must not keep probes and scrapes out.
func TestOneAddressCannotTakeTheOperationsPort(t *testing.T) {
	limits := opsLimits(nil, nil)
	assert.Positive(t, limits.PerSource)
	assert.LessOrEqual(t, limits.PerSource, limits.Most/2)
}

func TestConnectionsLeaveFilesForWhatAnswersThem(t *testing.T) {
	cfg := config.Defaults(config.External)
	cfg.Redis.PoolSize = 100
	for files, want := range map[int]int{
		2: 1, 256: 128, 1_024: 682, 20_000: 15_000, 1 << 20: 3 << 18,
	} {
		assert.Equal(t, want, connectionsWithin(files, cfg), "of %d files", files)
	}
	cfg.Redis.Addrs = []string{"a:1", "b:1", "c:1", "d:1", "e:1", "f:1"}
	assert.Equal(t, 1_158, connectionsWithin(2_000, cfg), "each server of a cluster has its pool")
}
