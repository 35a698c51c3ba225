package testkit

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

// That a server cannot be reached, which a test has taken away, is no news.
func init() { logging.Disable() }

// Redis gives the shared Redis server and a key prefix of the test's own. Keys
// under the prefix are deleted when the test ends.
func Redis(t testing.TB) (addr, password, prefix string) {
	t.Helper()
	addr, password, prefix = service(t, envRedisAddr), lookup(envRedisPassword), randomName()
	t.Cleanup(func() { deleteKeys(t, addr, password, prefix) })
	return addr, password, prefix
}

func deleteKeys(t testing.TB, addr, password, prefix string) {
	ctx, cancel := cleanupContext(t)
	defer cancel()
	client := redis.NewClient(&redis.Options{Addr: addr, Password: password})
	defer client.Close()
	keys := client.Scan(ctx, 0, prefix+"*", 1000).Iterator()
	for keys.Next(ctx) {
		if err := client.Unlink(ctx, keys.Val()).Err(); err != nil {
			t.Errorf("delete a key of the test: %v", err)
		}
	}
	if err := keys.Err(); err != nil {
		t.Errorf("delete the keys of the test: %v", err)
	}
}

// startRedis starts a redis-server of a test's own with a file of settings.
func startRedis(binary, conf string, lines []string, args ...string) (*exec.Cmd, error) {
	if err := os.WriteFile(conf, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(conf+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(binary, append([]string{conf}, args...)...)
	cmd.Stdout, cmd.Stderr = log, log
	EndWithParent(cmd)
	return cmd, cmd.Start()
}
