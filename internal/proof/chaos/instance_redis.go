package chaos

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// prepareRedis makes the servers of a topology that are not there yet, and all whole.
func (in *Instance) prepareRedis(ctx context.Context, topology string) error {
	switch topology {
	case sentinelRedis:
		if in.pair == nil {
			in.pair = testkit.NewRedisPair(in.t)
		}
		return in.healPair(ctx)
	case clusterRedis:
		if in.cluster == nil {
			in.cluster = testkit.NewRedisCluster(in.t)
		}
		return in.healCluster()
	}
	return nil
}

// redis connects to Redis as an observer, beside the links.
func (in *Instance) redis(topology string) redis.UniversalClient {
	switch topology {
	case sentinelRedis:
		return redis.NewFailoverClient(&redis.FailoverOptions{
			MasterName: in.pair.MasterName, SentinelAddrs: in.pair.Sentinels,
			SentinelPassword: in.pair.SentinelPassword, Password: in.pair.Password, DialTimeout: time.Second,
		})
	case clusterRedis:
		return redis.NewClusterClient(&redis.ClusterOptions{Addrs: in.cluster.Addrs[:], Password: in.cluster.Password,
			DialTimeout: time.Second, ClusterStateReloadInterval: time.Second / 2})
	}
	addr, password := in.services.Redis()
	return redis.NewClient(&redis.Options{Addr: addr, Password: password, DialTimeout: time.Second})
}

// flush empties Redis, whatever it is.
func flush(ctx context.Context, client redis.UniversalClient) error {
	if cluster, ok := client.(*redis.ClusterClient); ok {
		return cluster.ForEachMaster(ctx, func(ctx context.Context, master *redis.Client) error { return master.FlushAll(ctx).Err() })
	}
	return client.FlushAll(ctx).Err()
}

// redisEnv tells the process in a slot where Redis is.
func (in *Instance) redisEnv(p Plan, slot int) []string {
	switch p.Redis {
	case sentinelRedis:
		return []string{"SECKILL_REDIS_ADDRS=" + strings.Join(in.pair.Sentinels, ","), "SECKILL_REDIS_MASTER_NAME=" + in.pair.MasterName,
			"SECKILL_REDIS_SENTINEL_PASSWORD=" + in.pair.SentinelPassword, "SECKILL_REDIS_PASSWORD=" + in.pair.Password}
	case clusterRedis:
		return []string{"SECKILL_REDIS_ADDRS=" + strings.Join(in.cluster.Addrs[:], ","), "SECKILL_REDIS_PASSWORD=" + in.cluster.Password}
	}
	_, password := in.services.Redis()
	return []string{"SECKILL_REDIS_ADDRS=" + in.links["redis"][slot].Addr, "SECKILL_REDIS_PASSWORD=" + password}
}

// healPair brings a server back that is down and waits until the sentinels could
// replace the primary again.
func (in *Instance) healPair(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for tick := time.NewTicker(50 * time.Millisecond); ; {
		primary := in.pair.Primary()
		for i := range 2 {
			if primary >= 0 && in.pair.Process(i) == nil {
				replicaOf := in.pair.Addr(primary)
				if i == primary {
					replicaOf = "" // the sentinels have not replaced it yet
				}
				if err := in.pair.TryStart(i, replicaOf); err != nil {
					return err
				}
			}
		}
		if in.pair.Watched() {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the sentinels do not see a primary with a replica: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// healCluster brings servers back that are down and waits until any of them could die.
func (in *Instance) healCluster() error {
	for i := range in.cluster.Addrs {
		if in.cluster.Process(i) == nil {
			if err := in.cluster.TryStart(i); err != nil {
				return err
			}
		}
	}
	if !within(time.Minute, in.cluster.Whole) {
		return errors.New("the cluster does not become whole")
	}
	return nil
}
