package testkit

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
)

// RedisNodes are Redis servers that have nothing to do with each other. They keep
// nothing: one that was killed comes back empty, at its address.
type RedisNodes struct {
	Password string
	Addrs    []string

	t       testing.TB
	binary  string
	dir     string
	mu      sync.Mutex
	servers []*exec.Cmd // nil while it is down
}

// NewRedisNodes starts so many servers. They belong to the test and end with it.
func NewRedisNodes(t testing.TB, servers int) *RedisNodes {
	t.Helper()
	if testing.Short() || os.Getenv(envRequire) != "1" {
		service(t, envRedisAddr)
	}
	n := &RedisNodes{Password: randomName(), t: t, binary: Program(t, "redis-server"), dir: t.TempDir(),
		Addrs: make([]string, servers), servers: make([]*exec.Cmd, servers)}
	all := make([]int, servers)
	for i := range all {
		all[i], n.Addrs[i] = i, fmt.Sprintf("127.0.0.1:%d", reservePort(t, n.dir))
	}
	t.Cleanup(func() { n.Kill(all...) })
	n.Start(all...)
	return n
}

var sharedNodes struct {
	sharedTest
	five *RedisNodes
}

// SharedRedisNodes gives the tests of a package five servers, which they must leave up,
// and each a key prefix of its own. EndSharedRedisNodes ends them.
func SharedRedisNodes(t testing.TB) (nodes *RedisNodes, prefix string) {
	t.Helper()
	if testing.Short() || os.Getenv(envRequire) != "1" {
		service(t, envRedisAddr)
	}
	sharedNodes.mu.Lock()
	defer sharedNodes.mu.Unlock()
	if sharedNodes.five == nil {
		sharedNodes.TB = t
		sharedNodes.five = NewRedisNodes(&sharedNodes, 5)
	}
	return sharedNodes.five, randomName()
}

// EndSharedRedisNodes is for the end of a TestMain.
func EndSharedRedisNodes() { sharedNodes.end() }

// Start starts servers that are down and waits until they answer.
func (n *RedisNodes) Start(servers ...int) {
	n.t.Helper()
	for _, i := range servers {
		if err := n.start(i); err != nil {
			n.t.Fatal(err)
		}
	}
	for _, i := range servers {
		client := redis.NewClient(&redis.Options{Addr: n.Addrs[i], Password: n.Password})
		answers := holdsWithin(eventuallyWithin, func() bool { return client.Ping(context.Background()).Err() == nil })
		client.Close()
		if !answers {
			n.t.Fatalf("redis %s does not answer", n.Addrs[i])
		}
	}
}

func (n *RedisNodes) start(i int) error {
	_, port, _ := net.SplitHostPort(n.Addrs[i])
	cmd, err := startRedis(n.binary, filepath.Join(n.dir, fmt.Sprintf("redis-%d.conf", i)), []string{
		"bind 127.0.0.1", "port " + port, "dir " + n.dir, fmt.Sprintf("dbfilename %d.rdb", i), `save ""`, "appendonly no",
		"requirepass " + n.Password, "masterauth " + n.Password, "maxmemory-policy noeviction", "repl-diskless-sync-delay 0",
	})
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.servers[i] = cmd
	return nil
}

// Kill ends servers at once, as a crash would.
func (n *RedisNodes) Kill(servers ...int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, i := range servers {
		if cmd := n.servers[i]; cmd != nil {
			_ = cmd.Process.Kill()
		}
	}
	for _, i := range servers {
		if cmd := n.servers[i]; cmd != nil {
			_ = cmd.Wait()
		}
		n.servers[i] = nil
	}
}
