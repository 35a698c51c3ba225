package lifecycle

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// Signals gives a context that ends at the first SIGTERM or SIGINT. The second
// one ends the process at once, with the exit code that a shell gives to a
// process that died of it. Call release when nothing is left to stop.
func Signals(parent context.Context, logger *slog.Logger) (ctx context.Context, release func()) {
	return signals(parent, logger, os.Exit)
}

func signals(parent context.Context, logger *slog.Logger, exit func(code int)) (context.Context, func()) {
	ctx, cancel := context.WithCancel(parent)
	caught := make(chan os.Signal, 2)
	signal.Notify(caught, syscall.SIGTERM, syscall.SIGINT)
	released, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		for first := true; ; first = false {
			select {
			case s := <-caught:
				if !first {
					logger.Warn("stopping at once", "signal", s.String())
					exit(exitCode(s))
					return
				}
				logger.Info("stopping; once more ends at once", "signal", s.String())
				cancel()
			case <-released:
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(caught)
		close(released)
		<-gone
		cancel()
	}
}

func exitCode(s os.Signal) int {
	if n, ok := s.(syscall.Signal); ok {
		return 128 + int(n)
	}
	return 1
}
