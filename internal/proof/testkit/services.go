package testkit

import (
	"context"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	envRedisAddr     = "SECKILL_TEST_REDIS_ADDR"
	envRedisPassword = "SECKILL_TEST_REDIS_PASSWORD"
	envRabbitMQURL   = "SECKILL_TEST_RABBITMQ_URL"
	envMySQLDSN      = "SECKILL_TEST_MYSQL_DSN"
	envChromium      = "SECKILL_TEST_CHROMIUM"
	envRequire       = "SECKILL_TEST_REQUIRE_SERVICES"
)

// callWithin bounds every call that prepares or tidies up for a test. It is
// long, since a machine that runs many tests at once is slow.
const callWithin = 5 * time.Minute

// service tells the address of a server, or skips the test.
func service(t testing.TB, key string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("uses real servers, which a short run leaves out")
	}
	if v := lookup(key); v != "" {
		return v
	}
	unavailable(t, "needs real servers: run `scripts/services.sh up`")
	return ""
}

func lookup(key string) string {
	if v := os.Getenv(key); v != "" {
		return v
	}
	return repositorySet()[key]
}

// repositorySet reads the addresses of the set in the repository, once.
var repositorySet = sync.OnceValue(func() map[string]string {
	out, err := script("").Output()
	if err != nil {
		return nil // nothing is up
	}
	return parseEnv(out)
})

// parseEnv reads lines of the form export NAME='value'.
func parseEnv(out []byte) map[string]string {
	env := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		if ok {
			env[name] = strings.Trim(value, "'")
		}
	}
	return env
}

// script prepares a call of services.sh for the set in dir, or the
// repository's; without arguments it asks for the environment.
func script(dir string, args ...string) *exec.Cmd {
	if len(args) == 0 {
		args = []string{"env"}
	}
	cmd := exec.Command(filepath.Join(repository(), "scripts", "services.sh"), args...)
	cmd.Env = os.Environ()
	if dir != "" {
		cmd.Env = append(cmd.Env, "SECKILL_SERVICES_DIR="+dir)
	}
	return cmd
}

// repository finds the folder of go.mod above the test's own.
func repository() string {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			break
		}
		dir = parent
	}
	return "."
}

func unavailable(t testing.TB, why string) {
	t.Helper()
	if os.Getenv(envRequire) == "1" {
		t.Fatal(why)
		return
	}
	t.Skip(why)
}

// randomName makes a name that no other test has: small letters and digits.
func randomName() string { return "test" + strings.ToLower(rand.Text()) }

// cleanupContext bounds what a clean-up does; the test's own context has ended
// by then.
func cleanupContext(t testing.TB) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(t.Context()), callWithin)
}
