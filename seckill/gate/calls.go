package gate

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-go/seckill/seckill"
)

// call runs a script on a sale within the gate's timeout.
func (g *Gate) call(ctx context.Context, s *redis.Script, sale seckill.ID, args ...any) *redis.Cmd {
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Timeout)
	defer cancel()
	return s.Run(ctx, g.cfg.Client, g.keys(sale).all(), args...)
}

// callWord runs a script whose reply is an array that starts with a word.
func (g *Gate) callWord(ctx context.Context, s *redis.Script, sale seckill.ID, args ...any) (word string, rest []any, err error) {
	reply, err := g.call(ctx, s, sale, args...).Slice()
	if err != nil {
		return "", nil, writeFailed(err)
	}
	if len(reply) > 0 {
		if word, ok := reply[0].(string); ok {
			return word, reply[1:], nil
		}
	}
	return "", nil, fmt.Errorf("gate: a script replied %v", reply)
}

// withTimeout bounds commands by the gate's timeout.
func (g *Gate) withTimeout(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Timeout)
	defer cancel()
	return do(ctx)
}

// ignoreNil takes "there is no such key" for an answer.
func ignoreNil(err error) error {
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}
