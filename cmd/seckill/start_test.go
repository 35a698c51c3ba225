package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// lines is what a process writes, while it writes.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// serveOn runs an embedded server on a data folder until ctx ends. A process sets where
// client libraries log, so there is one at a time.
func serveOn(ctx context.Context, dir string, out *lines) error {
	root := rootCommand()
	root.SetArgs([]string{"serve", "--data_dir", dir, "--http.addr=127.0.0.1:0", "--ops.addr=127.0.0.1:0"})
	root.SetOut(out)
	root.SetErr(out)
	return root.ExecuteContext(ctx)
}

// Nothing is wrong with a server that was stopped and is started again.
func TestAPlainRestartWarnsOfNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	for range 2 {
		var log lines
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() {
			if err := serveOn(ctx, dir, &log); err != nil {
				t.Error(err)
			}
		})
		require.Eventually(t, func() bool { return strings.Contains(log.String(), "loaded a sale into Redis from SQL") },
			time.Minute, 5*time.Millisecond)
		stop()
		running.Wait()
		for line := range strings.Lines(log.String()) {
			if strings.Contains(line, "recoverer:") || strings.Contains(line, "auditor:") {
				require.Contains(t, line, "level=INFO")
			}
		}
	}
}

func TestADamagedDatabaseEndsTheStart(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "seckill.db"), bytes.Repeat([]byte("no database "), 1000), 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var log lines
	err := serveOn(ctx, dir, &log)
	require.ErrorContains(t, err, filepath.Join(dir, "seckill.db")+" is damaged, or is no database: put a backup in its place")
	require.Equal(t, exitFailed, exitCode(err))
	require.NotContains(t, err.Error(), "\n")
	require.NotContains(t, log.String(), "level=WARN")
}
