package operator

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

const (
	routeLive = "/sales/:sale/live"
	// maxWatching bounds how many dashboards this process serves, and for one sale.
	maxWatching, maxWatchingOne = 200, 50
	// liveEvery is how often a dashboard hears. liveFresh is a little less, so that
	// each tick of one watcher is a new reading, and all others' share it.
	liveEvery = time.Second
	liveFresh = 800 * time.Millisecond
	// liveEase keeps what counts orders in SQL to a quarter of the time.
	liveEase = 3
	// auditEvery is how often a watched sale is audited, auditTimeout how long that
	// may take: an audit looks at drift again for seconds before it believes it.
	auditEvery   = 5 * time.Second
	auditTimeout = 20 * time.Second
)

// liveReadings are what the dashboards of this process show. However many watch a
// sale, it is read once.
type liveReadings struct {
	sales  *web.Cache[liveReading]
	audits *web.Cache[*liveAudit]
}

func newLiveReadings(clock seckill.Clock) *liveReadings {
	never := func(error) bool { return false }
	l := &liveReadings{
		sales:  web.NewCache[liveReading](maxWatching, liveFresh, never, clock),
		audits: web.NewCache[*liveAudit](maxWatching, auditEvery, never, clock),
	}
	l.sales.Ease = liveEase
	l.audits.Timeout = auditTimeout
	return l
}

// liveReading is a sale as a dashboard shows it. Counters of Redis and SQL are of
// all processes and may be a moment apart; refusals and latency are of this process
// alone, since it started, and latency is of all sales.
type liveReading struct {
	SaleID   seckill.ID                    `json:"sale_id"`
	At       string                        `json:"at"`
	State    seckill.SaleState             `json:"state"`
	Phase    seckill.Phase                 `json:"phase"`
	Items    []statsItem                   `json:"items"`
	Orders   map[seckill.OrderStatus]int64 `json:"orders"`
	Refusals map[seckill.Code]int64        `json:"refusals"`
	Latency  web.Latency                   `json:"latency"`
	*statsBacklog
	// Audit is the newest one, once there is one.
	Audit *liveAudit `json:"audit,omitempty"`
	// History is with a stream's first reading: what was before it.
	History []historyPoint `json:"history,omitzero"`
}

// liveAudit is an audit, or why there is none.
type liveAudit struct {
	At        string              `json:"at"`
	Conserved bool                `json:"conserved"`
	Items     []seckill.AuditItem `json:"items"`
	// Problem is the code of what stood against it; then the rest says nothing.
	Problem seckill.Code `json:"problem,omitempty"`
}

// live streams what is kept of a sale's last minutes, and then its readings, one
// a second, until the sale is gone.
func (s *API) live(c *gin.Context, id seckill.ID) {
	s.dashboards.Serve(c, web.Watcher{Owner: id.String()}, func(ctx context.Context) error {
		_, err := s.liveReading(ctx, id)
		return err
	}, func(st web.Stream) { s.followLive(st, id) })
}

func (s *API) followLive(st web.Stream, id seckill.ID) {
	tick := time.NewTicker(liveEvery)
	defer tick.Stop()
	audits := s.auditing(st.Ctx, id)
	var audit *liveAudit
	history := s.histories.points(id)
	for {
		reading, err := s.liveReading(st.Ctx, id)
		reading.Audit, reading.History = audit, history
		switch {
		case web.IsNotFound(err):
			_ = st.Named("gone", struct{}{})
			return
		case err != nil:
			// The page keeps what it has and says that it is not fresh.
			err = st.Named("problem", struct {
				Code seckill.Code `json:"code"`
			}{web.ProblemCode(err)})
		default:
			err = st.Named("reading", reading)
			history = nil
		}
		if err != nil {
			return
		}
		for waiting := true; waiting; {
			select {
			case <-st.Ctx.Done():
				return
			case <-st.Drained:
				return
			case audit = <-audits:
			case <-tick.C:
				waiting = false
			}
		}
	}
}

// auditing gives the sale's newest audit again and again until ctx ends. It is apart
// from the readings, since one can take seconds.
func (s *API) auditing(ctx context.Context, id seckill.ID) <-chan *liveAudit {
	out := make(chan *liveAudit)
	if s.cfg.Auditor == nil {
		return out
	}
	go func() {
		tick := time.NewTicker(auditEvery)
		defer tick.Stop()
		for {
			audit, err := s.readings.audits.Get(ctx, id, func(ctx context.Context) (*liveAudit, error) { return s.liveAudit(ctx, id), nil })
			if err == nil {
				select {
				case out <- audit:
				case <-ctx.Done():
				}
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return out
}

func (s *API) liveAudit(ctx context.Context, id seckill.ID) *liveAudit {
	audit, err := s.cfg.Auditor.Audit(ctx, id)
	if err != nil {
		return &liveAudit{At: web.FormatTime(s.clock.Now(ctx)), Items: []seckill.AuditItem{}, Problem: web.ProblemCode(err)}
	}
	return &liveAudit{At: web.FormatTime(audit.At), Conserved: audit.Conserved, Items: audit.Items}
}

func (s *API) liveReading(ctx context.Context, id seckill.ID) (liveReading, error) {
	return s.readings.sales.Get(ctx, id, func(ctx context.Context) (liveReading, error) { return s.readLive(ctx, id) })
}

func (s *API) readLive(ctx context.Context, id seckill.ID) (liveReading, error) {
	r, err := s.wholeReading(ctx, id)
	if err != nil {
		return liveReading{}, err
	}
	available := int64(0)
	for _, it := range r.items {
		available += it.Available
	}
	now := s.clock.Now(ctx)
	return liveReading{SaleID: id, At: web.FormatTime(now), State: r.sale.State, Phase: operatorPhase(r.sale, now, available, r.loaded), Items: r.items, Orders: r.orders,
		Refusals: s.cfg.Shop.Refused(id), Latency: s.cfg.Shop.BuyLatency(), statsBacklog: r.backlog}, nil
}
