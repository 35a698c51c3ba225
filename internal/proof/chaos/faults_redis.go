package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/redis/go-redis/v9"
)

// cutLogTail is a machine that lost power: the last of what Redis had confirmed
// never reached the disk.
func cutLogTail(ctx context.Context, run *Run, f Fault) error {
	defer run.hold("redis")()
	if err := run.in.services.TryKill("redis"); err != nil {
		return err
	}
	cut, err := cutTail(filepath.Join(run.in.services.Dir("redis"), "data", "appendonlydir"), f.Draw)
	if err != nil {
		return err
	}
	run.history.note(faultWho, "", "cut %d bytes off Redis's log", cut)
	pause(ctx, f.For/4)
	return run.in.services.TryStart("redis")
}

// cutTail shortens the newest part of an append-only file. Redis drops a command
// that is not whole.
func cutTail(dir string, draw uint64) (cut int64, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.incr.aof"))
	if err != nil || len(files) == 0 {
		return 0, errors.Join(err, fmt.Errorf("no append-only file in %s", dir))
	}
	file := files[len(files)-1]
	info, err := os.Stat(file)
	if err != nil {
		return 0, err
	}
	r := rand.New(rand.NewPCG(draw, 0))
	cut = min(info.Size(), pick(r, 1+r.Int64N(500), 500+r.Int64N(5_000), 5_000+r.Int64N(50_000)))
	return cut, os.Truncate(file, info.Size()-cut)
}

// emptyRedis is a machine that was replaced by a new one.
func emptyRedis(ctx context.Context, run *Run, f Fault) error {
	defer run.hold("redis")()
	if err := run.in.services.TryKill("redis"); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(run.in.services.Dir("redis"), "data", "appendonlydir")); err != nil {
		return err
	}
	pause(ctx, f.For/4)
	return run.in.services.TryStart("redis")
}

func flushRedis(ctx context.Context, run *Run, _ Fault) error {
	defer run.hold("redis")()
	return run.insistRedis(ctx, func(ctx context.Context) error { return flush(ctx, run.redis) })
}

func drawSaleKey(r *rand.Rand, p *Plan, f *Fault) {
	sale := r.IntN(len(p.Sales))
	f.Key = fmt.Sprintf("%d/%s", sale, pick(r, "meta", "stock", "totals", "orders", "buyers", "requests", "outbox", "ticket", "inflight"))
}

// deleteSaleKey deletes one key of a sale, as a person with a wrong script would.
func deleteSaleKey(ctx context.Context, run *Run, f Fault) error {
	defer run.hold("redis")()
	var sale int
	var key string
	if _, err := fmt.Sscanf(f.Key, "%d/%s", &sale, &key); err != nil {
		return err
	}
	name := run.key(run.sales[sale].id, key)
	return run.insistRedis(ctx, func(ctx context.Context) error { return run.redis.Del(ctx, name).Err() })
}

// key names a key of a sale.
func (run *Run) key(sale, name string) string { return run.name + ":{" + sale + "}:" + name }

// insistRedis repeats a command while Redis is away because of another fault.
func (run *Run) insistRedis(ctx context.Context, do func(context.Context) error) error {
	var err error
	if within(20*time.Second, func() bool { err = do(ctx); return err == nil }) {
		return nil
	}
	return err
}

// killPrimary kills the primary under load; the sentinels name another, and the
// old one comes back as its replica.
func killPrimary(ctx context.Context, run *Run, f Fault) error {
	defer run.hold("redis")()
	old := run.in.pair.Primary()
	if old < 0 {
		return errors.New("no sentinel answers")
	}
	run.in.pair.Kill(old)
	if err := run.awaitOtherPrimary(old); err != nil {
		return err
	}
	pause(ctx, f.For)
	return run.in.healPair(ctx)
}

// freezePrimary stops the primary for so long that it is replaced; then it goes
// on, in the belief that nothing has happened.
func freezePrimary(ctx context.Context, run *Run, f Fault) error {
	defer run.hold("redis")()
	old := run.in.pair.Primary()
	if old < 0 || run.in.pair.Process(old) == nil {
		return errors.New("no sentinel answers")
	}
	process := run.in.pair.Process(old)
	if err := freeze(ctx, process, 2*time.Second+f.For); err != nil {
		return err
	}
	return run.in.healPair(ctx)
}

// failOver asks a sentinel for another primary, as for maintenance.
func failOver(ctx context.Context, run *Run, _ Fault) error {
	defer run.hold("redis")()
	old := run.in.pair.Primary()
	client := redis.NewSentinelClient(&redis.Options{Addr: run.in.pair.Sentinels[0], Password: run.in.pair.SentinelPassword})
	defer client.Close()
	err := run.insistRedis(ctx, func(ctx context.Context) error { return client.Failover(ctx, run.in.pair.MasterName).Err() })
	if err != nil {
		return err
	}
	if err := run.awaitOtherPrimary(old); err != nil {
		return err
	}
	return run.in.healPair(ctx)
}

func (run *Run) awaitOtherPrimary(old int) error {
	if !within(30*time.Second, func() bool { now := run.in.pair.Primary(); return now >= 0 && now != old }) {
		return errors.New("the sentinels name no other primary")
	}
	return nil
}
