package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Fault is one fault of a plan. Which of the fields count depends on the kind.
type Fault struct {
	At   time.Duration
	Kind string
	// For is how long it lasts, or how long what died stays down.
	For time.Duration
	// Slot is the process that it strikes; allSlots means each of them.
	Slot int
	// Service is redis, rabbitmq or mysql.
	Service string
	// Key is what is deleted, purged or armed, as SECKILL_FAULT has it.
	Key string
	// Draw seeds what depends on the state that the fault finds.
	Draw uint64
}

const allSlots = -1

func (f Fault) String() string {
	parts := []string{fmt.Sprintf("%5.2fs %s", f.At.Seconds(), f.Kind)}
	if k, ok := kindNamed(f.Kind); ok && k.ofSlot {
		parts = append(parts, "of "+slotName(f.Slot))
	}
	for _, part := range []string{f.Service, f.Key} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(append(parts, "for "+f.For.String()), " ")
}

// kind is one kind of fault.
type kind struct {
	name string
	// weight is how often it is drawn, beside the other weights.
	weight int
	// ofSlot: it strikes a process.
	ofSlot bool
	// redisLoss: Redis may forget what it has confirmed. With admission.ack
	// admitted an order that was not in SQL yet may be lost with it, and with
	// nothing else.
	redisLoss bool
	// fits tells whether an installation can have it.
	fits func(p *Plan) bool
	// draw fills in what the kind needs; may be nil.
	draw func(r *rand.Rand, p *Plan, f *Fault)
	// inject does it and undoes it: when it returns, all that it broke runs again.
	inject func(ctx context.Context, run *Run, f Fault) error
}

func always(*Plan) bool             { return true }
func withOneRedis(p *Plan) bool     { return p.Redis == oneRedis }
func withSeveralRedis(p *Plan) bool { return p.Redis != oneRedis }
func withSentinel(p *Plan) bool     { return p.Redis == sentinelRedis }
func withCluster(p *Plan) bool      { return p.Redis == clusterRedis }

// kinds are all the faults that are drawn.
var kinds = []kind{
	{name: "kill -9", weight: 10, ofSlot: true, fits: always, inject: killProcess},
	{name: "SIGTERM", weight: 4, ofSlot: true, fits: always, inject: stopProcess},
	{name: "SIGSTOP", weight: 5, ofSlot: true, fits: always, inject: freezeProcess},
	{name: "fault point", weight: 16, ofSlot: true, fits: always, draw: drawPoint, inject: armProcess},
	{name: "kill -9 of a server", weight: 6, fits: withOneRedis, draw: drawServer, inject: killServer},
	{name: "kill -9 of a server", weight: 4, fits: withSeveralRedis, draw: drawDurableServer, inject: killServer},
	{name: "SIGSTOP of a server", weight: 5, fits: withOneRedis, draw: drawServer, inject: freezeServer},
	{name: "SIGSTOP of a server", weight: 3, fits: withSeveralRedis, draw: drawDurableServer, inject: freezeServer},
	{name: "cut", weight: 4, ofSlot: true, fits: always, draw: drawLink, inject: cutLink},
	{name: "pause", weight: 4, ofSlot: true, fits: always, draw: drawLink, inject: pauseLink},
	{name: "lost answers", weight: 6, ofSlot: true, fits: always, draw: drawLink, inject: loseAnswers},
	{name: "slow", weight: 3, ofSlot: true, fits: always, draw: drawLink, inject: slowLink},
	{name: "redis: tail of the log cut", weight: 4, redisLoss: true, fits: withOneRedis, inject: cutLogTail},
	{name: "redis: emptied", weight: 3, redisLoss: true, fits: withOneRedis, inject: emptyRedis},
	{name: "redis: FLUSHALL", weight: 2, redisLoss: true, fits: always, inject: flushRedis},
	{name: "redis: key deleted", weight: 4, redisLoss: true, fits: always, draw: drawSaleKey, inject: deleteSaleKey},
	{name: "redis: primary killed", weight: 12, redisLoss: true, fits: withSentinel, inject: killPrimary},
	{name: "redis: primary frozen", weight: 6, redisLoss: true, fits: withSentinel, inject: freezePrimary},
	{name: "redis: failover by hand", weight: 4, redisLoss: true, fits: withSentinel, inject: failOver},
	{name: "redis: master killed", weight: 24, redisLoss: true, fits: withCluster, draw: drawSaleStruck, inject: killMaster},
	{name: "redis: master frozen", weight: 10, redisLoss: true, fits: withCluster, draw: drawSaleStruck, inject: freezeMaster},
	{name: "cluster: master changed by hand", weight: 6, fits: withCluster, draw: drawSaleStruck, inject: changeMaster},
	{name: "cluster: slot moved", weight: 18, fits: withCluster, draw: drawSaleStruck, inject: moveSlot},
	{name: "rabbitmq: data wiped", weight: 2, fits: always, inject: wipeRabbitMQ},
	{name: "rabbitmq: queue purged", weight: 4, fits: always, draw: drawQueue, inject: purgeQueue},
	{name: "rabbitmq: memory alarm", weight: 2, fits: always, inject: alarmRabbitMQ},
	{name: "mysql: read lock", weight: 4, fits: always, inject: lockTables},
	{name: "mysql: rows locked", weight: 4, fits: always, inject: lockRows},
}

func kindNamed(name string) (kind, bool) {
	for _, k := range kinds {
		if k.name == name {
			return k, true
		}
	}
	return kind{}, false
}

// KindNames lists the kinds, each once.
func KindNames() []string {
	var names []string
	seen := map[string]bool{}
	for _, k := range kinds {
		if !seen[k.name] {
			seen[k.name] = true
			names = append(names, k.name)
		}
	}
	return names
}

func drawServer(r *rand.Rand, _ *Plan, f *Fault) {
	f.Service = pick(r, "redis", "redis", "mysql", "mysql", "rabbitmq")
}

// drawDurableServer leaves out Redis, whose death has other rules where it has
// replicas.
func drawDurableServer(r *rand.Rand, _ *Plan, f *Fault) {
	f.Service = pick(r, "mysql", "mysql", "rabbitmq")
}

// drawLink draws a connection. A Redis of several servers is reached directly, since
// sentinels and clusters tell the servers' own addresses.
func drawLink(r *rand.Rand, p *Plan, f *Fault) {
	f.Service = pick(r, "redis", "rabbitmq", "mysql")
	if p.Redis != oneRedis && f.Service == "redis" {
		f.Service = "mysql"
	}
	if r.IntN(2) == 0 {
		f.Slot = allSlots
	}
}
