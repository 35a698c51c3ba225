package chaos

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/redis/go-redis/v9"
)

// Run is one run of a plan on an instance.
type Run struct {
	Plan
	in *Instance
	// name is the run's database and the prefix of its keys and queues.
	name  string
	began time.Time
	slots [webs + workers]*slot
	sales []sale
	// closed are the sales that the operator has closed: his alone during the load.
	closed   []bool
	history  *History
	events   *eventLog
	endpoint *endpoint
	shop     *provider
	sampler  *sampler

	db    *sql.DB
	redis redis.UniversalClient
	http  *http.Client

	// servers is held by the fault that has a server in its hands.
	servers map[string]*sync.Mutex
	// queuesSince is when RabbitMQ had no queues for the last time; whoever holds
	// the server may look at it.
	queuesSince time.Time
	losses      losses
}

// sale is a sale of the plan as the installation has it.
type sale struct {
	SalePlan
	id     string
	opens  time.Time
	prices map[string]int64
}

func slotName(i int) string {
	switch {
	case i == allSlots:
		return "every process"
	case i < webs:
		return "web" + strconv.Itoa(i)
	default:
		return "worker" + strconv.Itoa(i-webs)
	}
}

// Do runs a plan and returns what it found. An error means that the harness
// itself could not go on.
func (in *Instance) Do(ctx context.Context, p Plan) (result Result, err error) {
	name := fmt.Sprintf("chaos_%d_%d", p.Seed, time.Now().UnixNano()%1_000_000_000)
	run := &Run{Plan: p, in: in, name: name, servers: map[string]*sync.Mutex{}}
	for _, s := range serverNames {
		run.servers[s], run.servers["link "+s] = &sync.Mutex{}, &sync.Mutex{}
	}
	started := time.Now()
	if err := in.prepare(ctx, p, name); err != nil {
		return Result{}, fmt.Errorf("prepare the servers: %w", err)
	}
	defer func() { err = errors.Join(err, run.end()) }()
	if err := run.open(ctx); err != nil {
		return Result{}, err
	}
	ready := time.Now()
	faults := run.load(ctx)
	loaded := time.Now()
	rest := run.settle(ctx)
	evidence, err := run.gather(ctx)
	if err != nil {
		return Result{}, fmt.Errorf("look at the end: %w; faults that could not be injected or undone: %q", err, failures(faults))
	}
	result = run.judge(evidence, faults, rest)
	result.Started, result.Loaded, result.Settled = ready.Sub(started), loaded.Sub(ready), time.Since(loaded)
	return result, nil
}

// open starts the processes and makes the sales.
func (run *Run) open(ctx context.Context) error {
	cfg := run.in.mysqlConfig()
	cfg.DBName, cfg.ParseTime = run.name, false
	db, err := sql.Open("mysql", cfg.FormatDSN())
	if err != nil {
		return err
	}
	run.db = db
	run.redis = run.in.redis(run.Redis)
	run.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	run.began = time.Now()
	run.history = &History{began: run.began}
	run.shop = newProvider(run)
	if run.API {
		if err := run.shop.serve(); err != nil {
			return err
		}
	}
	if run.endpoint, err = serveEndpoint(); err != nil {
		return err
	}
	if err := run.startProcesses(); err != nil {
		return err
	}
	if run.events, err = run.listen(); err != nil {
		return fmt.Errorf("listen to events: %w", err)
	}
	// From here on times count.
	run.began = time.Now()
	run.history.began, run.queuesSince = run.began, run.began
	if err := run.stockUp(ctx); err != nil {
		return err
	}
	run.closed = make([]bool, len(run.Plan.Sales))
	for i, plan := range run.Plan.Sales {
		s, err := run.makeSale(ctx, i, plan)
		if err != nil {
			return fmt.Errorf("make a sale: %w", err)
		}
		run.sales = append(run.sales, s)
	}
	run.sampler = run.sample()
	return nil
}

func (run *Run) startProcesses() error {
	var wg sync.WaitGroup
	errs := make([]error, len(run.slots))
	for i := range run.slots {
		dir, err := os.MkdirTemp("", "seckill-chaos-")
		if err != nil {
			return err
		}
		role := "web"
		env := run.in.env(run.Plan, run.name, i)
		if i >= webs {
			role = "worker"
			env = append(env, run.endpoint.env()...)
		}
		if run.API {
			env = append(env, "SECKILL_PAYMENT_STANDARD_API_URL="+run.shop.url)
		}
		s := &slot{name: slotName(i), args: []string{role}, env: env, bin: run.in.bin, dir: dir}
		run.slots[i] = s
		wg.Go(func() { errs[i] = s.start() })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return run.awaitReady()
}

// awaitReady waits until every process says that it is ready.
func (run *Run) awaitReady() error {
	for _, s := range run.slots {
		if !within(startsWithin, func() bool {
			res, err := run.http.Get(s.current().ops + "/readyz")
			if err != nil {
				return false
			}
			res.Body.Close()
			return res.StatusCode == http.StatusOK
		}) {
			return fmt.Errorf("%s is not ready: %s", s.name, s.tail(5))
		}
	}
	return nil
}

// load lets buyers, faults and the operator have their way, and returns when all
// are done.
func (run *Run) load(ctx context.Context) []Injected {
	var wg sync.WaitGroup
	var faults []Injected
	wg.Go(func() { faults = run.injectAll(ctx) })
	run.operate(ctx, &wg)
	run.sellOrders(ctx, &wg)
	for _, b := range run.Buyers {
		wg.Go(func() { run.newBuyer(b).live(ctx) })
	}
	wg.Wait()
	return faults
}

// end stops what the run started and deletes what it made.
func (run *Run) end() error {
	if run.sampler != nil {
		run.sampler.stop()
	}
	if run.events != nil {
		run.events.close()
	}
	for _, s := range run.slots {
		if s == nil {
			continue
		}
		if p := s.current(); p != nil {
			_ = p.cmd.Process.Signal(syscall.SIGCONT)
			_ = p.cmd.Process.Kill()
			<-p.done
		}
		os.RemoveAll(s.dir)
	}
	if run.shop != nil {
		run.shop.close()
	}
	if run.endpoint != nil {
		run.endpoint.close()
	}
	if run.http != nil {
		run.http.CloseIdleConnections()
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if run.redis != nil {
		run.redis.Close()
	}
	if run.db != nil {
		run.db.Close()
	}
	_, err := run.in.admin.ExecContext(ctx, "DROP DATABASE IF EXISTS "+run.name)
	return errors.Join(err, run.deleteQueues())
}

// amqp opens a channel beside the links.
func (run *Run) amqp() (*amqp.Connection, *amqp.Channel, error) {
	conn, err := amqp.DialConfig(run.in.services.RabbitMQ(), amqp.Config{Heartbeat: 10 * time.Second, Dial: amqp.DefaultDial(2 * time.Second)})
	if err != nil {
		return nil, nil, err
	}
	ch, err := conn.Channel()
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return conn, ch, nil
}

// within polls until the condition holds or the time is over.
func within(d time.Duration, condition func() bool) bool {
	for deadline := time.Now().Add(d); ; time.Sleep(20 * time.Millisecond) {
		if condition() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}
