package testkit

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// Services is a set of servers that belongs to one test, which may stop and
// start them as it likes. A server that comes back has its address and data.
type Services struct {
	t   testing.TB
	dir string
	env map[string]string
}

// ServiceSet starts servers for this test alone and ends them with it. Names
// are redis, rabbitmq and mysql; none means all. It takes some seconds.
func ServiceSet(t testing.TB, names ...string) *Services {
	t.Helper()
	if testing.Short() || os.Getenv(envRequire) != "1" {
		// Where nobody asked for real servers, none are installed or started.
		service(t, envRedisAddr)
	}
	s := &Services{t: t, dir: t.TempDir()}
	t.Cleanup(func() { s.call("clean") })
	s.call("up", names...)
	s.env = parseEnv([]byte(s.call("env")))
	return s
}

// Start starts stopped or killed servers and waits until they answer.
func (s *Services) Start(names ...string) { s.t.Helper(); s.call("up", names...) }

// Stop ends servers in their own good order, and waits for it.
func (s *Services) Stop(names ...string) { s.t.Helper(); s.call("down", names...) }

// Kill ends servers at once, as a crash would.
func (s *Services) Kill(names ...string) { s.t.Helper(); s.call("kill", names...) }

// TryStart is Start for a goroutine that must not end the test.
func (s *Services) TryStart(names ...string) error { _, err := s.try("up", names...); return err }

// TryKill is Kill for a goroutine that must not end the test.
func (s *Services) TryKill(names ...string) error { _, err := s.try("kill", names...); return err }

// Dir is the folder of one server: its settings, its log, and its data in data.
func (s *Services) Dir(name string) string { return filepath.Join(s.dir, name) }

// Process is the process of a server that is up.
func (s *Services) Process(name string) (*os.Process, error) {
	text, err := os.ReadFile(filepath.Join(s.Dir(name), "pid"))
	if err != nil {
		return nil, err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, err
	}
	return os.FindProcess(pid)
}

// Redis tells the address and password of the set's Redis.
func (s *Services) Redis() (addr, password string) {
	s.t.Helper()
	return s.value(envRedisAddr), s.value(envRedisPassword)
}

// RabbitMQ tells the URL of the set's RabbitMQ.
func (s *Services) RabbitMQ() string { s.t.Helper(); return s.value(envRabbitMQURL) }

// MySQL tells the DSN of an empty database of the set's MySQL, named seckill,
// the same one at each call.
func (s *Services) MySQL() string {
	s.t.Helper()
	cfg, err := mysql.ParseDSN(s.value(envMySQLDSN))
	if err != nil {
		s.t.Fatal(err)
	}
	cfg.DBName = "seckill"
	return cfg.FormatDSN()
}

// Env gives the set's addresses in the form of os.Environ: both those of this
// package and those that the program itself reads.
func (s *Services) Env() []string {
	env := make([]string, 0, len(s.env))
	for _, name := range slices.Sorted(maps.Keys(s.env)) {
		env = append(env, name+"="+s.env[name])
	}
	return env
}

func (s *Services) value(key string) string {
	s.t.Helper()
	v := s.env[key]
	if v == "" {
		s.t.Fatalf("the test's set of servers has no %s", strings.TrimPrefix(key, "SECKILL_TEST_"))
	}
	return v
}

func (s *Services) call(verb string, names ...string) string {
	s.t.Helper()
	out, err := s.try(verb, names...)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func (s *Services) try(verb string, names ...string) (string, error) {
	cmd := script(s.dir, append([]string{verb}, names...)...)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("services.sh %s %s: %w\n%s%s", verb, strings.Join(names, " "), err, out, complaints.String())
	}
	return string(out), nil
}
