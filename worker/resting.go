package worker

import (
	"context"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
)

type restingSQL interface {
	Unfinished(ctx context.Context, sale seckill.ID) (bool, error)
}

type restingRedis interface {
	Sale(ctx context.Context, sale seckill.ID) (seckill.Sale, error)
	Intact(ctx context.Context, sale seckill.ID) (bool, error)
	Backlogs(ctx context.Context, sales []seckill.ID) (map[seckill.ID]gate.Backlog, error)
}

// resting tells of sales that admit nobody whether their orders have come to rest.
type resting struct {
	sql   restingSQL
	redis restingRedis
}

// rests tells whether a sale that admits nobody has no order that can still come
// into SQL, be paid, or give its units back. Redis is asked first: what has left
// the outbox by then is in SQL. A sale that is not in Redis, or that Redis cannot be
// relied on for, does not rest: it is about to be loaded.
func (r resting) rests(ctx context.Context, id seckill.ID) (bool, error) {
	intact, err := r.redis.Intact(ctx, id)
	if err != nil || !intact {
		return false, err
	}
	backlogs, err := r.redis.Backlogs(ctx, []seckill.ID{id})
	if err != nil {
		return false, err
	}
	if b, loaded := backlogs[id]; !loaded || b.Orders > 0 {
		return false, nil
	}
	unfinished, err := r.sql.Unfinished(ctx, id)
	return !unfinished, err
}

// closedRests does so of a sale that SQL has closed; gone tells that Redis does not have
// it any more.
func (r resting) closedRests(ctx context.Context, id seckill.ID) (rests, gone bool, err error) {
	sale, err := r.redis.Sale(ctx, id)
	switch {
	case seckill.CodeOf(err) == seckill.CodeNotFound:
		return false, true, nil
	case err != nil:
		return false, false, err
	case sale.State != seckill.SaleClosed:
		return false, false, nil // the recoverer closes it
	}
	rests, err = r.rests(ctx, id)
	return rests, false, err
}
