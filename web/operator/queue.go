package operator

import (
	"context"
	"math"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

// queueBody is a queue as an operator sees it.
type queueBody struct {
	State  seckill.QueueState `json:"state"`
	Paused bool               `json:"paused"`
	// Joined counts the places that were given; the others what became of them. Called are
	// those whose turn it is.
	Joined  int64 `json:"joined"`
	Waiting int64 `json:"waiting"`
	Called  int64 `json:"called"`
	Served  int64 `json:"served"`
	Lapsed  int64 `json:"lapsed"`
	Left    int64 `json:"left"`
	// Pace is turns a second of late, and Estimate how long it takes at it until the last
	// one has had his; absent where none are given.
	Pace       float64 `json:"pace"`
	Estimate   *int64  `json:"estimate_seconds,omitempty"`
	Commitment string  `json:"commitment"`
	// Seed is published once the places are shuffled.
	Seed string `json:"seed,omitempty"`
}

// queue tells how a queue stands.
func (s *API) queue(c *gin.Context, id seckill.ID) {
	body, err := s.readQueue(c.Request.Context(), id)
	if err != nil {
		s.Fail(c, err)
		return
	}
	web.WriteJSON(c, http.StatusOK, body)
}

func (s *API) readQueue(ctx context.Context, id seckill.ID) (b queueBody, err error) {
	sale, err := s.cfg.Ledger.Sale(ctx, id)
	if err != nil {
		return b, err
	}
	q, err := s.cfg.Ledger.Queue(ctx, id)
	if err != nil {
		return b, err
	}
	n, err := s.cfg.Ledger.QueueCounts(ctx, id)
	if err != nil {
		return b, err
	}
	b = queueBody{State: q.StateIn(&sale, s.clock.Now(ctx)), Paused: q.Paused, Joined: q.Joined(), Waiting: n.Waiting, Called: n.Called,
		Served: n.Served, Lapsed: n.Lapsed, Left: n.Left, Pace: (q.PaceLow + q.PaceHigh) / 2, Commitment: q.Commitment, Seed: q.PublishedSeed()}
	if b.Pace > 0 && b.State == seckill.QueueOpen {
		seconds := int64(math.Ceil(float64(n.Waiting) / b.Pace))
		b.Estimate = &seconds
	}
	return b, nil
}

func (s *API) pauseQueue(c *gin.Context, id seckill.ID) {
	s.changeQueue(c, id, func(ctx context.Context) error { return s.cfg.Ledger.PauseQueue(ctx, id, true, actorOf(c)) })
}

func (s *API) resumeQueue(c *gin.Context, id seckill.ID) {
	s.changeQueue(c, id, func(ctx context.Context) error { return s.cfg.Ledger.PauseQueue(ctx, id, false, actorOf(c)) })
}

// flushQueue takes their places from all who wait.
func (s *API) flushQueue(c *gin.Context, id seckill.ID) {
	s.changeQueue(c, id, func(ctx context.Context) error {
		_, err := s.cfg.Ledger.FlushQueue(ctx, id, actorOf(c))
		return err
	})
}

func (s *API) changeQueue(c *gin.Context, id seckill.ID, change func(context.Context) error) {
	if err := change(c.Request.Context()); err != nil {
		s.Fail(c, err)
		return
	}
	s.queue(c, id)
}
