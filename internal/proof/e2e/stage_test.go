package e2e

import (
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill/broker"
)

// The secrets of every installation that a test starts.
const (
	hs256Secret   = "a-secret-of-the-tests-of-32-bytes-or-more"
	adminToken    = "an-admin-token-of-the-tests-of-32-bytes"
	rpcToken      = "a-service-token-of-the-tests-of-32-bytes"
	beaconSecret  = "a-beacons-secret-of-the-tests-of-32-bytes"
	paymentSecret = "whsec_dGhlLXRlc3RzLXNpZ24tY2FsbGJhY2tzLXdpdGgtdGhpcw=="
)

func commonEnv() []string {
	return []string{
		"SECKILL_AUTH_HS256_SECRET=" + hs256Secret,
		"SECKILL_ADMIN_TOKEN=" + adminToken,
		"SECKILL_RPC_TOKEN=" + rpcToken,
		"SECKILL_PAYMENT_STANDARD_SECRET=" + paymentSecret,
		// All buyers of a test come from one address, and poll as no page does.
		"SECKILL_LIMITS_PER_IP_RPS=0", "SECKILL_LIMITS_PER_BUYER_RPS=0",
		"SECKILL_LIMITS_STREAMS_PER_IP=0", "SECKILL_LIMITS_CONNECTIONS_PER_IP=0",
		"SECKILL_RELAY_REPUBLISH_AFTER=3s",
		"SECKILL_DRAW_BEACON=local", "SECKILL_DRAW_LOCAL_SECRET=" + beaconSecret, "SECKILL_DRAW_LEAD=1s",
		"SECKILL_WORKER_LEASE_TTL=3s",
	}
}

// stage is one installation: what it stands on, and its processes.
type stage struct {
	t       *testing.T
	env     []string
	webs    []*process
	workers []*process // empty in embedded mode: the one process is in webs
}

// embedded starts one process on embedded parts, on its own data folder.
func embedded(t *testing.T) *stage {
	s := onData(t)
	s.webs = []*process{start(t, s.env, "serve")}
	s.awaitReady()
	return s
}

// onData is an installation on embedded parts, with no process yet.
func onData(t *testing.T) *stage {
	return &stage{t: t, env: append(commonEnv(), "SECKILL_DATA_DIR="+t.TempDir(), "SECKILL_EXAMPLE_SALE=false")}
}

// external starts web and worker processes on the shared real services, with
// key prefixes and a database of the test's own.
func external(t *testing.T, webs, workers int) *stage {
	s := onServices(t)
	s.launch(webs, workers)
	return s
}

// onServices is an installation on the shared real services, with no process
// yet.
func onServices(t *testing.T) *stage {
	addr, password, prefix := testkit.Redis(t)
	return onRedis(t, addr, password, prefix)
}

// onRedis is an installation on the shared RabbitMQ and MySQL and on a Redis of
// the test's choice, with no process yet.
func onRedis(t *testing.T, addr, password, prefix string) *stage {
	url, rabbitPrefix := testkit.RabbitMQ(t)
	t.Cleanup(func() { deleteTopology(t, url, rabbitPrefix) })
	return &stage{t: t, env: externalEnv(addr, password, prefix, url, rabbitPrefix, testkit.MySQL(t))}
}

func externalEnv(redis, redisPassword, redisPrefix, rabbitURL, rabbitPrefix, dsn string) []string {
	return append(commonEnv(),
		"SECKILL_MODE=external",
		"SECKILL_REDIS_ADDRS="+redis, "SECKILL_REDIS_PASSWORD="+redisPassword, "SECKILL_REDIS_PREFIX="+redisPrefix,
		"SECKILL_RABBITMQ_URL="+rabbitURL, "SECKILL_RABBITMQ_PREFIX="+rabbitPrefix,
		"SECKILL_MYSQL_DSN="+dsn, "SECKILL_MYSQL_AUTO_MIGRATE=true",
	)
}

// ownServers is how many tests start a RabbitMQ or a MySQL of their own, which takes
// the processors for ten seconds: make test has one of them in turn, make soak all.
const ownServers = 5

func (s *stage) launch(webs, workers int) {
	for range webs {
		s.webs = append(s.webs, start(s.t, s.env, "web"))
	}
	for range workers {
		s.workers = append(s.workers, start(s.t, s.env, "worker"))
	}
	s.awaitReady()
}

func (s *stage) awaitReady() {
	s.t.Helper()
	for _, p := range append(append([]*process(nil), s.webs...), s.workers...) {
		testkit.Eventually(s.t, func() bool { return get(p.opsURL+"/readyz") == 200 }, "a process is ready")
	}
}

// replace puts a fresh process in place of a dead one.
func (s *stage) replace(dead, fresh *process) {
	for _, list := range [][]*process{s.webs, s.workers} {
		for i := range list {
			if list[i] == dead {
				list[i] = fresh
			}
		}
	}
}

// deleteTopology removes what the processes declared in the shared RabbitMQ.
func deleteTopology(t *testing.T, url, prefix string) {
	conn, err := amqp.Dial(url)
	require.NoError(t, err)
	defer conn.Close()
	ch, err := conn.Channel()
	require.NoError(t, err)
	names := broker.Names{Prefix: prefix}
	queues := []string{broker.HoldQueue(shortHold), broker.HoldQueue(middleHold), broker.HoldQueue(longHold)}
	for _, q := range broker.Queues() {
		queues = append(queues, q.Name)
	}
	for _, q := range queues {
		_, err := ch.QueueDelete(names.Queue(q), false, false, false)
		require.NoError(t, err)
	}
	for _, e := range broker.Exchanges() {
		require.NoError(t, ch.ExchangeDelete(names.Exchange(e), false, false))
	}
}

// The holds that the tests use.
const (
	shortHold  = 2 * time.Second
	middleHold = 20 * time.Second
	longHold   = 10 * time.Minute
)
