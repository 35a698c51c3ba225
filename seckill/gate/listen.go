package gate

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// listenQuiet is how long the subscription may be silent before it must
	// prove that it is alive.
	listenQuiet = 10 * time.Second

	firstBackoff = 100 * time.Millisecond
	lastBackoff  = time.Second
)

// Run listens to what other processes did until ctx ends, and connects anew
// whenever the connection breaks. Meanwhile it hands in orders that Redis lost.
// Then it closes the gate, waits for admissions under way, and returns nil.
func (g *Gate) Run(ctx context.Context) error {
	defer g.Close()
	var handingIn sync.WaitGroup
	defer handingIn.Wait()
	handingIn.Go(func() { g.handIn.run(ctx) })
	backoff := firstBackoff
	level := slog.LevelWarn // of an outage, the first line
	for {
		heard, err := g.listen(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if heard {
			backoff, level = firstBackoff, slog.LevelWarn
		}
		wait := backoff/2 + rand.N(backoff/2)
		g.cfg.Logger.Log(ctx, level, "the subscription to Redis broke", "error", err, "again_in", wait)
		level = slog.LevelDebug
		g.stats.reconnects.Add(1)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		backoff = min(2*backoff, lastBackoff)
	}
}

// listen returns why one subscription ended, and whether it had begun.
func (g *Gate) listen(ctx context.Context) (heard bool, err error) {
	sub := g.cfg.Client.Subscribe(ctx, g.changesChannel())
	defer sub.Close()
	// A read in progress sees the end of ctx only by the closed connection.
	stop := context.AfterFunc(ctx, func() { sub.Close() })
	defer stop()

	wait, asked := g.cfg.Timeout, true
	for {
		message, err := sub.ReceiveTimeout(ctx, wait)
		var network net.Error
		switch {
		case err == nil:
			wait, asked = listenQuiet, false
		case errors.As(err, &network) && network.Timeout() && !asked:
			if err := sub.Ping(ctx); err != nil {
				return heard, err
			}
			wait, asked = g.cfg.Timeout, true
			continue
		default:
			return heard, err
		}
		switch m := message.(type) {
		case *redis.Subscription:
			// What happened while nobody listened is not known.
			g.soldOut.forgetAll()
			g.handIn.ask(g.journal.sales()...)
			heard = true
		case *redis.Message:
			g.heard(m.Payload)
		}
	}
}
