package lifecycle

import (
	"log/slog"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheFirstSignalStopsAndTheSecondEndsAtOnce(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		exits := make(chan int, 1)
		ctx, release := signals(t.Context(), slog.New(slog.DiscardHandler), func(code int) { exits <- code })
		require.NoError(t, ctx.Err())
		self, err := os.FindProcess(os.Getpid())
		require.NoError(t, err)

		require.NoError(t, self.Signal(s))
		<-ctx.Done()
		assert.Empty(t, exits, "the first signal ended the process")
		require.NoError(t, self.Signal(s))
		assert.Equal(t, 128+int(s), <-exits)
		release()
	}
}

func TestReleaseEndsTheContext(t *testing.T) {
	ctx, release := Signals(t.Context(), slog.New(slog.DiscardHandler))
	require.NoError(t, ctx.Err())
	release()
	assert.Error(t, ctx.Err())
}
