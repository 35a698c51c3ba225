package memory_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seckill-go/seckill/seckill/broker/brokertest"
	"github.com/seckill-go/seckill/seckill/broker/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	brokertest.Suite(t, func(t *testing.T) brokertest.Subject {
		b := start(t, memory.Config{})
		return brokertest.Subject{Broker: b, Cut: b.Interrupt}
	})
}

// start runs a broker until the test ends.
func start(t *testing.T, cfg memory.Config) *memory.Broker {
	t.Helper()
	cfg.Logger = slog.New(slog.DiscardHandler)
	b, err := memory.New(cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	require.Eventually(t, func() bool { return b.Ready() == nil }, brokertest.Patience, brokertest.Tick)
	return b
}
