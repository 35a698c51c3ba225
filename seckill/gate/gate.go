package gate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-go/seckill/internal/coalesce"
	"github.com/seckill-go/seckill/internal/seldom"
	"github.com/seckill-go/seckill/seckill"
)

// Config is what a Gate needs. Client is required; every other field has a
// default that its zero value stands for.
type Config struct {
	// Client talks to Redis; NewClient makes one that is right. The caller
	// closes it, after the gate.
	Client redis.UniversalClient
	// Waiting talks to the same Redis for reads that wait, of which a worker has
	// one for each open sale. They have connections of their own, so that they
	// never keep another call waiting for one. Default: Client, which is enough
	// for a process that reads no outbox.
	Waiting redis.UniversalClient
	// Prefix begins every key; default "seckill". No braces, at most 64 bytes.
	Prefix string
	// BatchLimit is the most requests in one script call; default 128, at most
	// 500.
	BatchLimit int
	// Workers is how many script calls for one sale may be under way at the same
	// time; default 2.
	Workers int
	// CommitWait is how long a batch with new orders waits to hear that SQL has them,
	// before its callers are answered and its worker takes the next batch. It is for a
	// process that settles by itself and whose buyers wait for the commit anyway:
	// while SQL is busy batches grow, and every step has fewer of them to do.
	// Default 0, at most 1 s.
	CommitWait time.Duration
	// QueueLimit is the most requests that wait for one sale; default 8192.
	// Beyond it admission answers unavailable.
	QueueLimit int
	// SoldOutTTL is how long "sold out" is believed without asking again;
	// default 200 ms. Negative: off.
	SoldOutTTL time.Duration
	// Timeout of one Redis call; default 2 s.
	Timeout time.Duration
	// MaxOutbox is the most orders of one sale that may be in flight; default
	// 200,000. Beyond it, or beyond the limit of SetLimit where that is lower,
	// admission answers unavailable. It does so as well while orders wait longer
	// for SQL than HoldShare of their hold (and than 5 s).
	MaxOutbox int64
	// CoolDown keeps buyers waiting who take units again and again and do not pay.
	// Zero: off. All processes must agree on whether it is on.
	CoolDown CoolDown
	// Embedded says that Redis runs in this process and ends with it.
	Embedded bool
	// Journal is the most orders that are kept in memory from their admission until they
	// are known to be in SQL, so that they can be admitted again if Redis loses them;
	// default 0: none. It is for a process that answers buyers before the commit in SQL.
	// Needs Lost.
	Journal int
	// Lost records an order that Redis lost and for which no units are left. It is
	// called again after an error.
	Lost func(ctx context.Context, o seckill.Order) error
	// LostFirst is how long a sale that was loaded anew admits nothing but orders
	// that were lost; default 0.
	LostFirst time.Duration
	// Logger; default slog.Default().
	Logger *slog.Logger
}

// CoolDown refuses a buyer an item for a while after its units came back unpaid.
type CoolDown struct {
	// After how many returns; 0 is never.
	After int
	// For how long since the last of them.
	For time.Duration
}

const (
	defaultPrefix     = "seckill"
	defaultBatchLimit = 128
	maxBatchLimit     = 500 // keeps every call within Lua's stack
	defaultWorkers    = 2
	defaultQueueLimit = 8192
	defaultSoldOutTTL = 200 * time.Millisecond
	defaultTimeout    = 2 * time.Second
	defaultMaxOutbox  = 200_000

	// leastLag keeps a short stall of the worker from stopping a sale whose hold
	// is very short.
	leastLag = 5 * time.Second
	// maxBuyersKept bounds the sold-out memory: 8 bytes each.
	maxBuyersKept = 1_000_000
	// maxWatchers bounds Watch.
	maxWatchers = 100_000
)

func (c *Config) fill() {
	if c.Waiting == nil {
		c.Waiting = c.Client
	}
	if c.Prefix == "" {
		c.Prefix = defaultPrefix
	}
	if c.BatchLimit == 0 {
		c.BatchLimit = defaultBatchLimit
	}
	if c.Workers == 0 {
		c.Workers = defaultWorkers
	}
	if c.QueueLimit == 0 {
		c.QueueLimit = defaultQueueLimit
	}
	if c.SoldOutTTL == 0 {
		c.SoldOutTTL = defaultSoldOutTTL
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.MaxOutbox == 0 {
		c.MaxOutbox = defaultMaxOutbox
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
}

func (c *Config) validate() error {
	var bad []error
	wrong := func(field, why string) { bad = append(bad, fmt.Errorf("%s %s", field, why)) }
	if err := checkClient(c.Client); err != nil {
		wrong("Client", err.Error())
	} else if err := checkClient(c.Waiting); err != nil {
		wrong("Waiting", err.Error())
	}
	if len(c.Prefix) > 64 || strings.ContainsAny(c.Prefix, "{} \t\r\n") {
		wrong("Prefix", "must be at most 64 bytes without braces and spaces")
	}
	if c.BatchLimit < 1 || c.BatchLimit > maxBatchLimit {
		wrong("BatchLimit", fmt.Sprintf("must be 1 to %d", maxBatchLimit))
	}
	if c.Workers < 1 || c.Workers > 64 {
		wrong("Workers", "must be 1 to 64")
	}
	if c.QueueLimit < c.BatchLimit {
		wrong("QueueLimit", "must be at least BatchLimit")
	}
	if c.SoldOutTTL > 10*time.Second {
		wrong("SoldOutTTL", "must be at most 10 s")
	}
	if c.CoolDown.After < 0 || c.CoolDown.For < 0 {
		wrong("CoolDown", "must not be negative")
	}
	if c.Timeout < time.Millisecond {
		wrong("Timeout", "must be at least 1 ms")
	}
	if c.CommitWait < 0 || c.CommitWait > time.Second {
		wrong("CommitWait", "must be 0 to 1 s")
	}
	if c.Journal < 0 || c.Journal > 0 && c.Lost == nil {
		wrong("Journal", "must be positive and have Lost beside it")
	}
	if c.LostFirst < 0 || c.LostFirst > time.Minute {
		wrong("LostFirst", "must be at most 1 min")
	}
	if c.MaxOutbox < 1 {
		wrong("MaxOutbox", "must be positive")
	}
	return errors.Join(bad...)
}

// Gate admits orders in Redis. It is safe for concurrent use.
type Gate struct {
	cfg     Config
	lanes   *coalesce.Lanes[seckill.ID, claim, outcome]
	changes *coalesce.Lanes[struct{}, seckill.Change, struct{}]
	soldOut *soldOutMemory
	hub     *changeHub
	journal *journal
	handIn  *handIn
	stats   counters
	// What is logged seldom, since every request of a rush may cause it.
	failedLog, lostLog seldom.Line

	// loads is the life of what the gate does by itself.
	loads    context.Context
	stop     context.CancelFunc
	loadings sync.WaitGroup
}

// New makes a Gate; it does not connect yet.
func New(cfg Config) (*Gate, error) {
	cfg.fill()
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("gate: %w", err)
	}
	g := &Gate{cfg: cfg, hub: newChangeHub(maxWatchers), journal: newJournal(cfg.Journal)}
	g.handIn = newHandIn(g)
	g.loads, g.stop = context.WithCancel(context.Background())
	g.lanes = coalesce.New(coalesce.Config[seckill.ID, claim, outcome]{
		Batch: cfg.BatchLimit, Workers: cfg.Workers, Limit: cfg.QueueLimit, Run: g.admitBatch, Unknown: outcomeUnknown,
	})
	g.changes = g.newChangesLane()
	g.soldOut = newSoldOutMemory(cfg.SoldOutTTL, time.Now, g.startReadingBuyers)
	return g, nil
}

// Close refuses further admissions and announcements and waits for those that are
// under way, at most twice the timeout of a call for each kind. The client stays open.
func (g *Gate) Close() {
	g.lanes.Close()
	g.changes.Close()
	g.soldOut.close()
	g.stop()
	g.loadings.Wait()
}

// warnSeldom logs what may happen again and again.
func (g *Gate) warnSeldom(line *seldom.Line, text string, attrs ...any) {
	if leftOut, due := line.Due(time.Now()); due {
		g.cfg.Logger.Warn(text, append(attrs, "left_out_before", leftOut)...)
	}
}

// Ping asks Redis for a sign of life.
func (g *Gate) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Timeout)
	defer cancel()
	return readFailed(g.cfg.Client.Ping(ctx).Err())
}

// Now tells the time by Redis's clock, the one that opens and closes sales.
func (g *Gate) Now(ctx context.Context) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Timeout)
	defer cancel()
	now, err := g.cfg.Client.Time(ctx).Result()
	if err != nil {
		return time.Time{}, readFailed(err)
	}
	return seckill.UnixMilli(now.UnixMilli()), nil
}
