package bench

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill/broker"
)

// stage is one installation: a database, prefixes, and its processes. A round has
// one of its own, so that no round pays for what another left.
type stage struct {
	lab       *Lab
	name      string
	env       []string
	processes []*process
	web       *process
}

const (
	// hold is so long that no order ends while it is measured.
	hold = time.Hour
	// shortHold is for figures about what is left afterwards.
	shortHold = 30 * time.Second
)

// stage makes an installation with no process yet. env changes settings.
func (l *Lab) stage(ctx context.Context, env ...string) (*stage, error) {
	l.stages++
	s := &stage{lab: l, name: fmt.Sprintf("bench%d", l.stages)}
	if err := l.sweepRedis(ctx); err != nil {
		return nil, err
	}
	if _, err := l.admin.ExecContext(ctx, "CREATE DATABASE "+s.name+" CHARACTER SET utf8mb4"); err != nil {
		return nil, err
	}
	dsn, err := l.mysqlConfig(s.name)
	if err != nil {
		return nil, err
	}
	addr, password := l.services.Redis()
	s.env = append(common(), "SECKILL_MODE=external",
		"SECKILL_REDIS_ADDRS="+addr, "SECKILL_REDIS_PASSWORD="+password, "SECKILL_REDIS_PREFIX="+s.name,
		"SECKILL_RABBITMQ_URL="+l.services.RabbitMQ(), "SECKILL_RABBITMQ_PREFIX="+s.name,
		"SECKILL_MYSQL_DSN="+dsn.FormatDSN(), "SECKILL_MYSQL_AUTO_MIGRATE=true")
	s.env = append(s.env, env...)
	return s, nil
}

// common are the settings of every process. Its limits are checked and never
// reached: all buyers come from one address, and each of them often; and a worker
// that is stopped for a figure leaves more orders in flight than an operator would
// allow.
func common() []string {
	return []string{
		"SECKILL_LOG_FORMAT=json", "SECKILL_HTTP_ADDR=127.0.0.1:0", "SECKILL_OPS_ADDR=127.0.0.1:0", "SECKILL_RPC_ADDR=127.0.0.1:0",
		"SECKILL_AUTH_HS256_SECRET=" + hs256Secret, "SECKILL_ADMIN_TOKEN=" + adminToken,
		"SECKILL_PAYMENT_STANDARD_SECRET=" + paymentSecret,
		"SECKILL_LIMITS_PER_IP_RPS=1000000", "SECKILL_LIMITS_PER_IP_BURST=1000000",
		"SECKILL_LIMITS_PER_BUYER_RPS=1000000", "SECKILL_LIMITS_PER_BUYER_BURST=1000000",
		"SECKILL_LIMITS_STREAMS_PER_IP=1000000", "SECKILL_LIMITS_CONNECTIONS_PER_IP=1000000",
		"SECKILL_ADMISSION_MAX_IN_FLIGHT=10000000",
	}
}

// sweepRedis empties Redis, and its append-only file with it, so that no round
// rewrites the file of another.
func (l *Lab) sweepRedis(ctx context.Context) error {
	if err := l.redis.FlushAll(ctx).Err(); err != nil {
		return err
	}
	if err := l.redis.ConfigResetStat(ctx).Err(); err != nil {
		return err
	}
	// Refused while one runs; that one ends as well.
	if err := l.redis.BgRewriteAOF(ctx).Err(); err != nil && !strings.Contains(err.Error(), "already in progress") {
		return err
	}
	return within(ctx, time.Minute, func() (bool, error) {
		info, err := l.redisInfo(ctx, "persistence")
		return info["aof_rewrite_in_progress"] == "0" && info["aof_rewrite_scheduled"] == "0", err
	})
}

// start runs a process and waits until it is ready.
func (s *stage) start(ctx context.Context, role string) (*process, error) {
	cmd := exec.Command(s.lab.bin, role)
	cmd.Dir = s.lab.t.TempDir()
	cmd.Env = append(testkit.CleanEnvironment(), s.env...)
	p, err := launch(cmd)
	if err != nil {
		return nil, err
	}
	s.processes = append(s.processes, p)
	if p.url != "" {
		s.web = p
	}
	return p, p.ready(ctx)
}

// end kills what runs and deletes what it left.
func (s *stage) end(ctx context.Context) error {
	for _, p := range s.processes {
		p.kill()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Minute)
	defer cancel()
	_, err := s.lab.admin.ExecContext(ctx, "DROP DATABASE IF EXISTS "+s.name)
	return errors.Join(err, s.deleteQueues())
}

func (s *stage) deleteQueues() error {
	conn, err := amqp.Dial(s.lab.services.RabbitMQ())
	if err != nil {
		return err
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err != nil {
		return err
	}
	names := broker.Names{Prefix: s.name}
	queues := []string{broker.HoldQueue(hold), broker.HoldQueue(shortHold)}
	for _, q := range broker.Queues() {
		queues = append(queues, q.Name)
	}
	var all error
	for _, q := range queues {
		_, err := ch.QueueDelete(names.Queue(q), false, false, false)
		all = errors.Join(all, err)
	}
	for _, e := range broker.Exchanges() {
		all = errors.Join(all, ch.ExchangeDelete(names.Exchange(e), false, false))
	}
	return all
}

const pollEvery = 20 * time.Millisecond

// within waits until a condition holds.
func within(ctx context.Context, d time.Duration, holds func() (bool, error)) error {
	for deadline := time.Now().Add(d); ; {
		ok, err := holds()
		if ok || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not within %v", d)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollEvery):
		}
	}
}
