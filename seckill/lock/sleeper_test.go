package lock

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// What the process of a sleeper is told.
const (
	envSleeper  = "LOCK_TEST_SLEEPER" // path of the database
	envNodes    = "LOCK_TEST_NODES"
	envPassword = "LOCK_TEST_PASSWORD"
	envPrefix   = "LOCK_TEST_PREFIX"
	envTTL      = "LOCK_TEST_TTL"
)

// sleeper is another process: it gets the lock, waits for a line on its standard input,
// tells what it knows of the lock, and writes nevertheless.
func sleeper() {
	if err := sleep(); err != nil {
		fmt.Println("error", err)
	}
}

func sleep() error {
	s := site{prefix: os.Getenv(envPrefix)}
	for addr := range strings.SplitSeq(os.Getenv(envNodes), ",") {
		s.clients = append(s.clients, newClient(addr, os.Getenv(envPassword), nil))
	}
	ttl, err := time.ParseDuration(os.Getenv(envTTL))
	if err != nil {
		return err
	}
	l, err := New(Config{Nodes: s.clients, Prefix: s.prefix, TTL: ttl, Timeout: ttl / 4, Wait: patience, StayOut: -1, Logger: discard})
	if err != nil {
		return err
	}
	h, err := l.Acquire(context.Background(), "goods")
	if err != nil {
		return err
	}
	fmt.Println("fence", h.Fence())
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	fmt.Println("lost", errors.Is(h.Err(), ErrLost) && h.Context().Err() != nil)
	stock, err := openStock(os.Getenv(envSleeper))
	if err != nil {
		return err
	}
	written, err := stock.take(h.Fence())
	fmt.Println("written", written)
	return err
}

// stock is a row that a lock protects, as the shop's stock is: the statement that writes
// compares the fence.
type stock struct{ *sql.DB }

func openStock(path string) (stock, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(60000)&_txlock=immediate")
	return stock{db}, err
}

func newStock(t testing.TB) (s stock, path string) {
	path = filepath.Join(t.TempDir(), "stock.db")
	s, err := openStock(path)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	_, err = s.Exec("CREATE TABLE goods (on_hand INTEGER NOT NULL, fence INTEGER NOT NULL)")
	require.NoError(t, err)
	_, err = s.Exec("INSERT INTO goods VALUES (10, 0)")
	require.NoError(t, err)
	return s, path
}

func (s stock) take(fence int64) (written int64, err error) {
	result, err := s.Exec("UPDATE goods SET on_hand = on_hand - 1, fence = ? WHERE fence <= ? AND on_hand > 0", fence, fence)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// A process is stopped while it has the lock, and goes on when another has had it: it
// knows at once, and if it does not look, the row refuses what it writes.
func TestAProcessThatSleptBeyondItsLockIsRefusedByTheFence(t *testing.T) {
	t.Parallel()
	s := onFive(t)
	stock, path := newStock(t)
	for range testkit.Sized(20, 1) {
		p := startSleeper(t, s, path, time.Second)
		fence, err := strconv.ParseInt(p.hears("fence"), 10, 64)
		require.NoError(t, err)
		require.NoError(t, p.cmd.Process.Signal(syscall.SIGSTOP))

		h := get(t, s.locks(t, patient), "goods")
		require.Greater(t, h.Fence(), fence)
		written, err := stock.take(h.Fence())
		require.NoError(t, err)
		require.EqualValues(t, 1, written)

		_, err = fmt.Fprintln(p.in, "go on")
		require.NoError(t, err)
		require.NoError(t, p.cmd.Process.Signal(syscall.SIGCONT))
		require.Equal(t, "true", p.hears("lost"))
		require.Equal(t, "0", p.hears("written"), "the row took a stale write")
		require.NoError(t, h.Err())
		written, err = stock.take(h.Fence())
		require.NoError(t, err)
		require.EqualValues(t, 1, written, "its holder writes on")
		require.NoError(t, h.Release(t.Context()))
		_, err = stock.Exec("UPDATE goods SET on_hand = 10")
		require.NoError(t, err)
	}
}

// A process that was not stopped is the other half of the proof: what refused the write
// above was the fence.
func TestAProcessThatHoldsItsLockWrites(t *testing.T) {
	t.Parallel()
	s := onFive(t)
	_, path := newStock(t)
	p := startSleeper(t, s, path, patience)
	p.hears("fence")
	_, err := fmt.Fprintln(p.in, "go on")
	require.NoError(t, err)
	require.Equal(t, "false", p.hears("lost"))
	require.Equal(t, "1", p.hears("written"))
}

// process is one of another sleeper.
type process struct {
	t   testing.TB
	cmd *exec.Cmd
	in  io.Writer
	out *bufio.Scanner
}

func startSleeper(t testing.TB, s site, path string, ttl time.Duration) process {
	var addrs []string
	options := s.clients[0].(*redis.Client).Options()
	for _, c := range s.clients {
		addrs = append(addrs, c.(*redis.Client).Options().Addr)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(testkit.CleanEnvironment(), envSleeper+"="+path, envNodes+"="+strings.Join(addrs, ","),
		envPassword+"="+options.Password, envPrefix+"="+s.prefix, envTTL+"="+ttl.String())
	cmd.Stderr = os.Stderr
	testkit.EndWithParent(cmd)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return process{t, cmd, in, bufio.NewScanner(out)}
}

// hears waits for a line that begins with a word.
func (p process) hears(word string) (value string) {
	p.t.Helper()
	for p.out.Scan() {
		if got, value, _ := strings.Cut(p.out.Text(), " "); got == word {
			return value
		}
	}
	p.t.Fatalf("the process ended without saying %q: its last line is %q", word, p.out.Text())
	return ""
}
