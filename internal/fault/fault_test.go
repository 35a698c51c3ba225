package fault

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// The plan is the whole process's, so the tests that arm one are not parallel.
func arm(t *testing.T, text string) *bytes.Buffer {
	t.Helper()
	p, err := Parse(text)
	require.NoError(t, err)
	var log bytes.Buffer
	p.Arm(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	t.Cleanup(func() { Plan{}.Arm(nil) })
	return &log
}

func TestNothingHappensWhereNothingIsArmed(t *testing.T) {
	require.NoError(t, Point(t.Context(), RelayRead))
	arm(t, "relay.published=kill")
	require.NoError(t, Point(t.Context(), RelayRead))
	arm(t, "")
	require.NoError(t, Point(t.Context(), RelayPublished), "an empty plan takes the place of the other")
}

func TestAPointThatIsOffAllocatesNothing(t *testing.T) {
	ctx := t.Context()
	require.Zero(t, testing.AllocsPerRun(1000, func() { _ = Point(ctx, AdmitSent) }))
}

func TestAnErrorLooksLikeAServiceThatIsAway(t *testing.T) {
	log := arm(t, "relay.read=error")
	for range 3 {
		err := Point(t.Context(), RelayRead)
		require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(err))
		require.ErrorContains(t, err, "relay.read", "the log says where it comes from")
		require.ErrorContains(t, err, Env)
	}
	require.Contains(t, log.String(), "point=relay.read action=error pass=3")
}

func TestAPointActsAtThePassesThatItWasArmedFor(t *testing.T) {
	acts := func() (passes []int) {
		for pass := 1; pass <= 6; pass++ {
			if Point(t.Context(), RelayRead) != nil {
				passes = append(passes, pass)
			}
			require.NoError(t, Point(t.Context(), RelayPublished))
		}
		return passes
	}
	arm(t, "relay.read=error@3")
	require.Equal(t, []int{3}, acts())
	arm(t, "relay.read=error@2-4")
	require.Equal(t, []int{2, 3, 4}, acts())
}

func TestAPauseWaitsAndEndsWithItsContext(t *testing.T) {
	const pause = 20 * time.Millisecond
	arm(t, "relay.read=pause:20ms;relay.published=pause:1h")
	began := time.Now()
	require.NoError(t, Point(t.Context(), RelayRead))
	require.GreaterOrEqual(t, time.Since(began), pause)

	left := errors.New("the process stops")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(left)
	require.ErrorIs(t, Point(ctx, RelayPublished), left)
}

const envVictim = "SECKILL_TEST_FAULT_VICTIM"

func TestAKillEndsTheProcessAsKill9Does(t *testing.T) {
	if os.Getenv(envVictim) != "" {
		arm(t, "relay.read=kill@2")
		_ = Point(t.Context(), RelayRead)
		os.Stdout.WriteString("first pass\n")
		_ = Point(t.Context(), RelayRead)
		os.Stdout.WriteString("second pass\n")
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), envVictim+"=1")
	said, err := child.Output()
	require.Error(t, err)
	status, ok := child.ProcessState.Sys().(syscall.WaitStatus)
	require.True(t, ok)
	require.True(t, status.Signaled(), "%v", err)
	require.Equal(t, syscall.SIGKILL, status.Signal())
	require.Equal(t, "first pass\n", string(said), "nothing of the caller runs any more")
}
