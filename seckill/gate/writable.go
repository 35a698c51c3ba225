package gate

import (
	"context"
	"errors"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-go/seckill/seckill"
)

// refusals are how Redis begins to say that it takes no writes, and what that means.
var refusals = map[string]string{
	"OOM":         "out of memory (maxmemory)",
	"READONLY":    "a replica that is read only",
	"NOREPLICAS":  "too few replicas (min-replicas-to-write)",
	"MISCONF":     "it cannot save its data to disk",
	"CLUSTERDOWN": "the cluster is down",
}

// Writable proves that Redis takes what an admission writes: an entry for an outbox
// that is not there, which changes nothing and needs no right that the scripts do
// not need. In a cluster every server is asked that has a loaded sale, or the index.
// It is seckill.WriteRefusal where Redis answers and takes no writes.
func (g *Gate) Writable(ctx context.Context) error {
	if g.cfg.Embedded {
		return g.Ping(ctx) // it is this process's memory
	}
	proofs := []string{g.proofKey()}
	if _, cluster := g.cfg.Client.(*redis.ClusterClient); cluster {
		sales, err := g.Sales(ctx)
		if err != nil {
			return err
		}
		for _, sale := range sales {
			proofs = append(proofs, g.keys(sale.ID).proof())
		}
	}
	err := g.withTimeout(ctx, func(ctx context.Context) error {
		_, err := g.cfg.Client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, key := range proofs {
				p.XAdd(ctx, &redis.XAddArgs{Stream: key, NoMkStream: true, Values: []string{"proof", ""}})
			}
			return nil
		})
		return ignoreNil(err)
	})
	return refusal(err)
}

func refusal(err error) error {
	var said redis.Error
	if errors.As(err, &said) {
		word, _, _ := strings.Cut(said.Error(), " ")
		if why, known := refusals[word]; known {
			return &seckill.WriteRefusal{Why: why, Cause: err}
		}
	}
	return readFailed(err)
}
