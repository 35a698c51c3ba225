package chaos

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// Instance is a set of servers with the connections to them, on which runs
// follow each other. Each run has a database, key prefix and queue prefix of its
// own.
type Instance struct {
	t       testing.TB
	bin     string
	version string

	services *testkit.Services
	pair     *testkit.RedisPair    // made by the first run that needs it
	cluster  *testkit.RedisCluster // as well
	// links are the connections of each slot to each server; faults break them.
	links map[string][webs + workers]*testkit.Proxy

	admin *sql.DB // of the server, no database chosen
}

// serverNames are the servers that have links.
var serverNames = []string{"redis", "rabbitmq", "mysql"}

// NewInstance starts the servers; they end with the test. bin is the program.
func NewInstance(t testing.TB, bin string) *Instance {
	t.Helper()
	in := &Instance{t: t, bin: bin, version: testkit.Commit(), services: testkit.ServiceSet(t), links: map[string][webs + workers]*testkit.Proxy{}}
	for _, name := range serverNames {
		var links [webs + workers]*testkit.Proxy
		for i := range links {
			links[i] = testkit.NewProxy(t, in.addr(name))
		}
		in.links[name] = links
	}
	cfg := in.mysqlConfig()
	cfg.DBName = ""
	db, err := sql.Open("mysql", cfg.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	in.admin = db
	return in
}

// addr is a server's own address.
func (in *Instance) addr(name string) string {
	switch name {
	case "redis":
		addr, _ := in.services.Redis()
		return addr
	case "rabbitmq":
		return in.amqpURL().Host
	default:
		return in.mysqlConfig().Addr
	}
}

func (in *Instance) amqpURL() *url.URL {
	u, err := url.Parse(in.services.RabbitMQ())
	if err != nil {
		in.t.Fatal(err)
	}
	return u
}

func (in *Instance) mysqlConfig() *mysql.Config {
	cfg, err := mysql.ParseDSN(in.services.MySQL())
	if err != nil {
		in.t.Fatal(err)
	}
	return cfg
}

// prepare makes the servers ready for a run: all up, Redis empty, a database.
func (in *Instance) prepare(ctx context.Context, p Plan, database string) error {
	in.restoreLinks()
	if err := in.services.TryStart(); err != nil {
		return err
	}
	if err := in.prepareRedis(ctx, p.Redis); err != nil {
		return err
	}
	client := in.redis(p.Redis)
	defer client.Close()
	if err := flush(ctx, client); err != nil {
		return fmt.Errorf("empty Redis: %w", err)
	}
	_, err := in.admin.ExecContext(ctx, "CREATE DATABASE "+database+" CHARACTER SET utf8mb4")
	return err
}

func (in *Instance) restoreLinks() {
	for _, links := range in.links {
		for _, l := range links {
			l.Restore()
		}
	}
}

// env is what the process in a slot is started with.
func (in *Instance) env(p Plan, name string, slot int) []string {
	rabbit := in.amqpURL()
	rabbit.Host = in.links["rabbitmq"][slot].Addr
	dsn := in.mysqlConfig()
	dsn.Addr, dsn.DBName = in.links["mysql"][slot].Addr, name
	env := append(settings(p),
		"SECKILL_RABBITMQ_URL="+rabbit.String(), "SECKILL_RABBITMQ_PREFIX="+name,
		"SECKILL_MYSQL_DSN="+dsn.FormatDSN(), "SECKILL_REDIS_PREFIX="+name)
	return append(env, in.redisEnv(p, slot)...)
}

// The secrets of every installation.
const (
	hs256Secret   = "a-secret-of-the-chaos-tests-of-32-bytes-or-more"
	adminToken    = "an-admin-token-of-the-chaos-tests"
	rpcToken      = "a-service-token-of-the-chaos-tests"
	drawSecret    = "a-secret-of-the-draws-of-the-chaos-tests"
	paymentSecret = "whsec_dGhlLWNoYW9zLXRlc3RzLXNpZ24tdGhlaXItY2FsbGJhY2tz"
)

// settings are quick, so that what takes minutes in production fits into a run.
func settings(p Plan) []string {
	return []string{
		"SECKILL_MODE=external", "SECKILL_LOG_FORMAT=json", "SECKILL_LOG_LEVEL=debug",
		"SECKILL_HTTP_ADDR=127.0.0.1:0", "SECKILL_OPS_ADDR=127.0.0.1:0", "SECKILL_RPC_ADDR=127.0.0.1:0", "SECKILL_HTTP_DRAIN_TIMEOUT=10s",
		"SECKILL_AUTH_HS256_SECRET=" + hs256Secret,
		"SECKILL_ADMIN_TOKEN=" + adminToken, "SECKILL_RPC_TOKEN=" + rpcToken, "SECKILL_INVENTORY_STRATEGY=" + cmp.Or(p.Strategy, "conditional"),
		"SECKILL_PAYMENT_STANDARD_SECRET=" + paymentSecret,
		"SECKILL_MYSQL_AUTO_MIGRATE=true",
		// All buyers come from one address, and poll as no page does.
		"SECKILL_LIMITS_PER_IP_RPS=0", "SECKILL_LIMITS_PER_BUYER_RPS=0", "SECKILL_LIMITS_CONNECTIONS_PER_IP=0",
		"SECKILL_ADMISSION_ACK=" + p.Ack, "SECKILL_ADMISSION_SETTLED_WAIT=2s",
		"SECKILL_REDIS_TIMEOUT=1s",
		"SECKILL_RELAY_REPUBLISH_AFTER=1s",
		"SECKILL_EXPIRER_SWEEP_EVERY=500ms", "SECKILL_EXPIRER_SWEEP_GRACE=500ms",
		"SECKILL_AUDITOR_EVERY=1s",
		"SECKILL_INQUIRER_EVERY=200ms", "SECKILL_INQUIRER_PATIENCE=3s",
		"SECKILL_REFUNDER_EVERY=200ms", "SECKILL_REFUNDER_BACKOFF=200ms", "SECKILL_REFUNDER_MAX_ATTEMPTS=1000",
		"SECKILL_WAITLIST_HOLD=" + p.Hold.String(),
		"SECKILL_QUEUE_PASS_TTL=" + turnsOf.String(), "SECKILL_QUEUE_GRACE=500ms",
		"SECKILL_DRAW_HOLD=" + p.Hold.String(), "SECKILL_DRAW_LEAD=1s",
		"SECKILL_DRAW_BEACON=local", "SECKILL_DRAW_LOCAL_SECRET=" + drawSecret,
		"SECKILL_WORKER_LEASE_TTL=2s", "SECKILL_WORKER_UNLOAD_AFTER=10s",
	}
}
