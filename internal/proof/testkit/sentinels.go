package testkit

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// RedisPair is a Redis primary with a replica, watched by three sentinels, that
// belongs to one test. The two servers are 0 and 1; who is the primary changes.
type RedisPair struct {
	// MasterName is the name under which the sentinels know the primary.
	MasterName string
	// Password of the servers, and SentinelPassword of the sentinels.
	Password, SentinelPassword string
	// Sentinels are the addresses to ask for the primary.
	Sentinels []string

	t       testing.TB
	binary  string
	dir     string
	addrs   [2]string
	servers [2]*exec.Cmd // nil while it is down
}

// sentinelDownAfter is how long a primary must be silent before the sentinels
// replace it.
const sentinelDownAfter = time.Second

// NewRedisPair starts the five processes and waits until a replacement of the
// primary would succeed. They end with the test.
func NewRedisPair(t testing.TB) *RedisPair {
	t.Helper()
	if testing.Short() || os.Getenv(envRequire) != "1" {
		service(t, envRedisAddr)
	}
	p := &RedisPair{MasterName: "sale", Password: randomName(), SentinelPassword: randomName(),
		t: t, binary: Program(t, "redis-server"), dir: t.TempDir()}
	for i := range p.addrs {
		p.addrs[i] = fmt.Sprintf("127.0.0.1:%d", reservePort(t, p.dir))
	}
	t.Cleanup(func() { p.Kill(0); p.Kill(1) })
	p.Start(0, "")
	p.Start(1, p.addrs[0])
	for i := range 3 {
		p.startSentinel(i)
	}
	Eventually(t, p.Watched, "the sentinels know each other and the replica")
	return p
}

// Addr is the address of a server.
func (p *RedisPair) Addr(server int) string { return p.addrs[server] }

// DataDir is the folder in which a server keeps its append-only file.
func (p *RedisPair) DataDir(server int) string {
	return filepath.Join(p.dir, fmt.Sprintf("redis-%d", server))
}

// Primary tells which server the first sentinel that answers takes for the
// primary; -1 when none answers.
func (p *RedisPair) Primary() int {
	for _, addr := range p.Sentinels {
		client := p.sentinel(addr)
		found, err := client.GetMasterAddrByName(context.Background(), p.MasterName).Result()
		client.Close()
		if err == nil && len(found) == 2 {
			return p.index(net.JoinHostPort(found[0], found[1]))
		}
	}
	return -1
}

func (p *RedisPair) index(addr string) int {
	for i, a := range p.addrs {
		if a == addr {
			return i
		}
	}
	return -1
}

// Start starts a server that is down, as a replica of the given address, or as a
// primary when that is empty; one that comes back while another is the primary
// is told so by the sentinels, ten seconds later.
func (p *RedisPair) Start(server int, replicaOf string) {
	p.t.Helper()
	if err := p.TryStart(server, replicaOf); err != nil {
		p.t.Fatal(err)
	}
}

// TryStart is Start for a goroutine that must not end the test.
func (p *RedisPair) TryStart(server int, replicaOf string) error {
	dir := p.DataDir(server)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	_, port, _ := net.SplitHostPort(p.addrs[server])
	lines := []string{
		"bind 127.0.0.1", "port " + port, "dir " + dir, `save ""`,
		"requirepass " + p.Password, "masterauth " + p.Password,
		"appendonly yes", "appendfsync everysec", "aof-load-truncated yes",
		"maxmemory-policy noeviction", "repl-diskless-sync-delay 0",
	}
	if host, port, err := net.SplitHostPort(replicaOf); err == nil {
		lines = append(lines, "replicaof "+host+" "+port)
	}
	cmd, err := startRedis(p.binary, filepath.Join(p.dir, fmt.Sprintf("redis-%d.conf", server)), lines)
	if err != nil {
		return err
	}
	p.servers[server] = cmd
	client := redis.NewClient(&redis.Options{Addr: p.addrs[server], Password: p.Password})
	defer client.Close()
	if !holdsWithin(eventuallyWithin, func() bool { return client.Ping(context.Background()).Err() == nil }) {
		return fmt.Errorf("redis %s does not answer", p.addrs[server])
	}
	return nil
}

// Kill ends a server at once, as a crash would.
func (p *RedisPair) Kill(server int) {
	cmd := p.servers[server]
	if cmd == nil {
		return
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	p.servers[server] = nil
}

// Process is the running process of a server; nil while it is down.
func (p *RedisPair) Process(server int) *os.Process {
	if p.servers[server] == nil {
		return nil
	}
	return p.servers[server].Process
}

func (p *RedisPair) startSentinel(i int) {
	port := reservePort(p.t, p.dir)
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	p.Sentinels = append(p.Sentinels, addr)
	_, primary, _ := net.SplitHostPort(p.addrs[0])
	conf := filepath.Join(p.dir, fmt.Sprintf("sentinel-%d.conf", i))
	cmd, err := startRedis(p.binary, conf, []string{
		"bind 127.0.0.1", fmt.Sprintf("port %d", port), "dir " + p.dir,
		"requirepass " + p.SentinelPassword, "sentinel sentinel-pass " + p.SentinelPassword,
		"sentinel monitor " + p.MasterName + " 127.0.0.1 " + primary + " 2",
		"sentinel auth-pass " + p.MasterName + " " + p.Password,
		fmt.Sprintf("sentinel down-after-milliseconds %s %d", p.MasterName, sentinelDownAfter.Milliseconds()),
		fmt.Sprintf("sentinel failover-timeout %s %d", p.MasterName, 3*sentinelDownAfter.Milliseconds()),
	}, "--sentinel")
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// Watched tells whether every sentinel knows the two others and a replica that
// follows the primary, so that they could agree on a new one.
func (p *RedisPair) Watched() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for _, addr := range p.Sentinels {
		client := p.sentinel(addr)
		state, err := client.Master(ctx, p.MasterName).Result()
		client.Close()
		if err != nil || state["num-other-sentinels"] != "2" || state["num-slaves"] != "1" || state["flags"] != "master" {
			return false
		}
	}
	primary := p.Primary()
	return primary >= 0 && p.follows(ctx, 1-primary)
}

// follows tells whether a replica has the primary's data and stays with it.
func (p *RedisPair) follows(ctx context.Context, server int) bool {
	client := redis.NewClient(&redis.Options{Addr: p.addrs[server], Password: p.Password})
	defer client.Close()
	info, err := client.Info(ctx, "replication").Result()
	return err == nil && strings.Contains(info, "master_link_status:up")
}

func (p *RedisPair) sentinel(addr string) *redis.SentinelClient {
	return redis.NewSentinelClient(&redis.Options{Addr: addr, Password: p.SentinelPassword, MaxRetries: -1, DialTimeout: time.Second, ReadTimeout: time.Second})
}
