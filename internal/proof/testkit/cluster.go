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
	"time"

	"github.com/redis/go-redis/v9"
)

// RedisCluster is a Redis Cluster of three masters with a replica each that belongs
// to one test. At first the servers 0, 1 and 2 are the masters, and 3, 4 and 5 their
// replicas; who is a master changes.
type RedisCluster struct {
	Password string
	// Addrs are the addresses of the servers.
	Addrs [clusterSize]string

	t        testing.TB
	binary   string
	dir      string
	busPorts [clusterSize]int
	mu       sync.Mutex
	servers  [clusterSize]*exec.Cmd // nil while it is down
}

const (
	clusterMasters = 3
	clusterSize    = 2 * clusterMasters
	clusterSlots   = 16384
	// clusterNodeTimeout is how long a server must be silent before the others
	// take it for dead; a replica is promoted about a second later.
	clusterNodeTimeout = 2 * time.Second
	// clusterAnswer bounds one question to a server, which may be frozen.
	clusterAnswer = time.Second
)

// NewRedisCluster starts the six processes and waits until the cluster is whole.
// They end with the test.
func NewRedisCluster(t testing.TB) *RedisCluster {
	t.Helper()
	if testing.Short() || os.Getenv(envRequire) != "1" {
		service(t, envRedisAddr)
	}
	c := &RedisCluster{Password: randomName(), t: t, binary: Program(t, "redis-server"), dir: t.TempDir()}
	for i := range c.Addrs {
		c.Addrs[i] = fmt.Sprintf("127.0.0.1:%d", reservePort(t, c.dir))
		c.busPorts[i] = reservePort(t, c.dir)
	}
	t.Cleanup(func() {
		for i := range c.servers {
			c.Kill(i)
		}
	})
	for i := range c.Addrs {
		c.Start(i)
	}
	if err := c.form(); err != nil {
		t.Fatalf("form a cluster: %v", err)
	}
	Eventually(t, c.Whole, "the cluster is whole")
	return c
}

// form gives the masters their slots and the replicas their masters.
func (c *RedisCluster) form() error {
	var ids [clusterMasters]string
	for i := range clusterMasters {
		from, to := clusterSlots*i/clusterMasters, clusterSlots*(i+1)/clusterMasters-1
		err := c.onWithin(eventuallyWithin, i, func(ctx context.Context, server *redis.Client) (err error) {
			if err = server.Do(ctx, "CLUSTER", "SET-CONFIG-EPOCH", i+1).Err(); err != nil {
				return err
			}
			if ids[i], err = server.ClusterMyID(ctx).Result(); err != nil {
				return err
			}
			return server.ClusterAddSlotsRange(ctx, from, to).Err()
		})
		if err != nil {
			return err
		}
	}
	for i := range c.Addrs {
		for j := range i { // each pair, so that nobody waits for gossip
			host, port, _ := net.SplitHostPort(c.Addrs[j])
			err := c.onWithin(eventuallyWithin, i, func(ctx context.Context, server *redis.Client) error {
				return server.Do(ctx, "CLUSTER", "MEET", host, port, c.busPorts[j]).Err()
			})
			if err != nil {
				return err
			}
		}
	}
	for i := clusterMasters; i < clusterSize; i++ {
		var err error
		follows := func() bool {
			err = c.on(i, func(ctx context.Context, server *redis.Client) error {
				return server.ClusterReplicate(ctx, ids[i-clusterMasters]).Err()
			})
			return err == nil
		}
		if !holdsWithin(eventuallyWithin, follows) {
			return err
		}
	}
	return nil
}

// Start starts a server that is down, with the data that it had, and waits until it
// answers. It comes back as what the cluster takes it for.
func (c *RedisCluster) Start(server int) {
	c.t.Helper()
	if err := c.TryStart(server); err != nil {
		c.t.Fatal(err)
	}
}

// TryStart is Start for a goroutine that must not end the test.
func (c *RedisCluster) TryStart(server int) error {
	dir := filepath.Join(c.dir, fmt.Sprintf("redis-%d", server))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	_, port, _ := net.SplitHostPort(c.Addrs[server])
	cmd, err := startRedis(c.binary, dir+".conf", []string{
		"bind 127.0.0.1", "port " + port, "dir " + dir, `save ""`,
		"requirepass " + c.Password, "masterauth " + c.Password,
		"appendonly yes", "appendfsync everysec", "aof-load-truncated yes",
		"maxmemory-policy noeviction", "repl-diskless-sync-delay 0", "repl-ping-replica-period 1",
		"cluster-enabled yes", "cluster-config-file nodes.conf",
		fmt.Sprintf("cluster-port %d", c.busPorts[server]),
		fmt.Sprintf("cluster-node-timeout %d", clusterNodeTimeout.Milliseconds()),
		"cluster-require-full-coverage no", "cluster-allow-replica-migration no",
	})
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.servers[server] = cmd
	c.mu.Unlock()
	answers := func() bool {
		return c.on(server, func(ctx context.Context, s *redis.Client) error { return s.Ping(ctx).Err() }) == nil
	}
	if !holdsWithin(eventuallyWithin, answers) {
		return fmt.Errorf("redis %s does not answer", c.Addrs[server])
	}
	return nil
}

// Kill ends a server at once, as a crash would.
func (c *RedisCluster) Kill(server int) {
	c.mu.Lock()
	cmd := c.servers[server]
	c.servers[server] = nil
	c.mu.Unlock()
	if cmd != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}

// Process is the running process of a server; nil while it is down.
func (c *RedisCluster) Process(server int) *os.Process {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.servers[server] == nil {
		return nil
	}
	return c.servers[server].Process
}

// on asks one server, and no other.
func (c *RedisCluster) on(server int, do func(ctx context.Context, server *redis.Client) error) error {
	return c.onWithin(clusterAnswer, server, do)
}

func (c *RedisCluster) onWithin(bound time.Duration, server int, do func(ctx context.Context, server *redis.Client) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	client := redis.NewClient(&redis.Options{Addr: c.Addrs[server], Password: c.Password, Protocol: 2,
		MaxRetries: -1, DialerRetries: 1, ReadTimeout: bound, WriteTimeout: bound, ContextTimeoutEnabled: true, DisableIdentity: true})
	defer client.Close()
	return do(ctx, client)
}
