package testkit

import (
	"bufio"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestASetOfServersKeepsItsAddressesAndData(t *testing.T) {
	t.Parallel()
	set := ServiceSet(t, "redis", "mysql")
	addr, password := set.Redis()
	client := redis.NewClient(&redis.Options{Addr: addr, Password: password})
	defer client.Close()
	db, err := sql.Open("mysql", set.MySQL())
	require.NoError(t, err)
	defer db.Close()

	require.NoError(t, client.Set(t.Context(), "kept", "yes", 0).Err())
	require.Equal(t, "noeviction", client.ConfigGet(t.Context(), "maxmemory-policy").Val()["maxmemory-policy"])
	_, err = db.ExecContext(t.Context(), "CREATE TABLE kept (n INT)")
	require.NoError(t, err)

	set.Stop("redis", "mysql")
	require.Error(t, client.Ping(t.Context()).Err())
	require.Error(t, db.PingContext(t.Context()))
	set.Start("redis", "mysql")

	assert.Equal(t, "yes", client.Get(t.Context(), "kept").Val())
	_, err = db.ExecContext(t.Context(), "INSERT INTO kept VALUES (1)")
	assert.NoError(t, err)

	set.Kill("mysql")
	require.Error(t, db.PingContext(t.Context()))
	set.Start("mysql")
	var n int
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM kept").Scan(&n))
	assert.Equal(t, 1, n, "a commit outlives a kill")
}

func TestTwoCallersMayStartASetAtOnce(t *testing.T) {
	t.Parallel()
	set := ServiceSet(t, "redis")
	set.Stop("redis")
	pidFile := filepath.Join(set.dir, "redis", "pid")
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			if out, err := script(set.dir, "up", "redis").CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	callers.Wait()
	owner, err := os.ReadFile(pidFile)
	require.NoError(t, err)
	addr, password := set.Redis()
	client := redis.NewClient(&redis.Options{Addr: addr, Password: password})
	defer client.Close()
	info, err := client.Info(t.Context(), "server").Result()
	require.NoError(t, err)
	assert.Contains(t, info, "process_id:"+strings.TrimSpace(string(owner))+"\r\n")
}

func TestAProcessOfAnotherIsNeverSignalled(t *testing.T) {
	t.Parallel()
	set := ServiceSet(t, "redis")
	set.Stop("redis")
	stranger := exec.Command("sleep", "1000")
	require.NoError(t, stranger.Start())
	defer func() { _ = stranger.Process.Kill(); _ = stranger.Wait() }()
	stale := strconv.Itoa(stranger.Process.Pid)
	pidFile := filepath.Join(set.dir, "redis", "pid")

	for _, verb := range []string{"down", "kill"} {
		require.NoError(t, os.WriteFile(pidFile, []byte(stale), 0o600))
		out, err := script(set.dir, verb, "redis").CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.NoError(t, stranger.Process.Signal(syscall.Signal(0)), "%s ended a stranger", verb)
	}
	require.NoError(t, os.WriteFile(pidFile, []byte(stale), 0o600))
	set.Start("redis") // a stale pid file stops no start
}

func TestCleanLeavesNoProcessAndNoFile(t *testing.T) {
	t.Parallel()
	var dir string
	var env map[string]string
	t.Run("set", func(t *testing.T) {
		if !Soaking() { // the other two take long to start
			set := ServiceSet(t, "redis")
			dir, env = set.dir, set.env
			return
		}
		set := ServiceSet(t)
		dir, env = set.dir, set.env
		requireAMQP(t, set.RabbitMQ())
		set.Kill("rabbitmq")
		set.Start("rabbitmq")
		requireAMQP(t, set.RabbitMQ())
	})
	if env == nil {
		t.Skip("there was no set")
	}
	assert.NoDirExists(t, dir)
	commands, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	for _, file := range commands {
		line, err := os.ReadFile(file)
		if err == nil {
			assert.NotContains(t, string(line), dir+"/", file)
		}
	}
}

// requireAMQP says the protocol's header and wants Connection.Start.
func requireAMQP(t *testing.T, url string) {
	t.Helper()
	_, hostAndPath, ok := strings.Cut(url, "@")
	require.True(t, ok)
	conn, err := net.Dial("tcp", strings.TrimSuffix(hostAndPath, "/"))
	require.NoError(t, err)
	defer conn.Close()
	fmt.Fprint(conn, "AMQP\x00\x00\x09\x01")
	frame, err := bufio.NewReader(conn).ReadByte()
	require.NoError(t, err)
	require.EqualValues(t, 1, frame)
}

func TestUsageErrorsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for args, want := range map[string]string{
		"up postgres": "no service is called postgres",
		"kill":        "kill needs the name of a service",
		"jump":        "usage:",
		"env":         "run scripts/services.sh up",
	} {
		out, err := script(dir, strings.Fields(args)...).CombinedOutput()
		assert.Error(t, err, args)
		assert.Contains(t, string(out), want)
	}
}
