package lock

import (
	"context"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"
)

// node is one of the servers that vote on who has a lock.
type node interface {
	run(ctx context.Context, v verb, name string, args ...any) (answer, error)
}

// answer is what a script returned.
type answer struct {
	word   string
	number int64 // with granted
}

type redisNode struct {
	client  redis.UniversalClient
	keys    keys
	cluster bool
}

func newRedisNode(client redis.UniversalClient, prefix string) redisNode {
	_, cluster := client.(*redis.ClusterClient)
	return redisNode{client: client, keys: keys{prefix: prefix}, cluster: cluster}
}

func (n redisNode) run(ctx context.Context, v verb, name string, args ...any) (answer, error) {
	reply, err := v.script.Run(ctx, n.client, n.keys.of(name, n.cluster), args...).StringSlice()
	if err != nil {
		return answer{}, err
	}
	a := answer{word: reply[0]}
	if a.word == granted {
		a.number, err = strconv.ParseInt(reply[1], 10, 64)
	}
	if err != nil {
		return answer{}, fmt.Errorf("lock: the fence of %s: %w", name, err)
	}
	return a, nil
}
