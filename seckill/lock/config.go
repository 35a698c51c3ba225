package lock

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Config is what a Lock needs. Nodes is required; every other field has a default that
// its zero value stands for. All processes must have the same Nodes, Prefix, TTL and
// StayOut.
type Config struct {
	// Nodes are the servers that vote, each with a client as gate.NewClient makes it: one,
	// or an odd number of servers that have nothing to do with each other, at most 9. The
	// caller closes them, after the lock.
	Nodes []redis.UniversalClient
	// Prefix begins every key; default "seckill". No braces, at most 64 bytes.
	Prefix string
	// TTL is how long a lock lasts that nobody extends; default 8 s, 20 ms to 10 min. So
	// long at most is it kept from others after its holder died.
	TTL time.Duration
	// ExtendAfter is when a lock is extended, counted from the last time; default a third
	// of TTL, at most two thirds. Earlier leaves more tries to a server that is slow: of
	// two thirds one is left. Negative: never.
	ExtendAfter time.Duration
	// LongestHold is how long a lock is extended at most, so that a holder that hangs does
	// not keep it for ever; default 1 min, or TTL where that is longer. At least TTL.
	LongestHold time.Duration
	// Wait is how long Acquire tries; default 2 s. Negative: it tries once.
	Wait time.Duration
	// Pause is how long it waits before it tries again: from half of it to half as much
	// again the first time, and up to four times as long after some tries; default 50 ms.
	Pause time.Duration
	// Timeout of a call to one node; default a tenth of TTL, at most a quarter.
	Timeout time.Duration
	// StayOut is how long a node does not vote that is new, was started again, promoted or
	// emptied, since it may have forgotten who has a lock; default TTL, and at least that.
	// Negative: it votes at once, which is right for a Redis that ends with this process.
	StayOut time.Duration
	// Logger; default slog.Default().
	Logger *slog.Logger
}

const (
	defaultPrefix      = "seckill"
	defaultTTL         = 8 * time.Second
	defaultLongestHold = time.Minute
	defaultWait        = 2 * time.Second
	defaultPause       = 50 * time.Millisecond

	mostPauses = 4

	maxNodes = 9
	minTTL   = 20 * time.Millisecond
	maxTTL   = 10 * time.Minute

	// behindSentinels is what a client calls the address of each primary that sentinels
	// name.
	behindSentinels = "FailoverClient"

	// Two clocks run apart by one part in a hundred at most while a lock lasts; Redis ends
	// a key to the millisecond, and this process sends whole ones.
	driftPart  = 100
	leastDrift = 2 * time.Millisecond
)

func (c *Config) fill() {
	if c.Prefix == "" {
		c.Prefix = defaultPrefix
	}
	if c.TTL == 0 {
		c.TTL = defaultTTL
	}
	if c.ExtendAfter == 0 {
		c.ExtendAfter = c.TTL / 3
	}
	if c.LongestHold == 0 {
		c.LongestHold = max(defaultLongestHold, c.TTL)
	}
	if c.Wait == 0 {
		c.Wait = defaultWait
	}
	if c.Pause == 0 {
		c.Pause = defaultPause
	}
	if c.Timeout == 0 {
		c.Timeout = c.TTL / 10
	}
	if c.StayOut == 0 {
		c.StayOut = c.TTL
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
}

func (c *Config) validate() error {
	var bad []error
	wrong := func(field, why string) { bad = append(bad, fmt.Errorf("%s %s", field, why)) }
	if err := checkNodes(c.Nodes); err != nil {
		wrong("Nodes", err.Error())
	}
	if len(c.Prefix) > 64 || strings.ContainsAny(c.Prefix, "{} \t\r\n") {
		wrong("Prefix", "must be at most 64 bytes without braces and spaces")
	}
	if c.TTL < minTTL || c.TTL > maxTTL || c.TTL%time.Millisecond != 0 {
		wrong("TTL", fmt.Sprintf("must be whole milliseconds, %s to %s", minTTL, maxTTL))
	}
	if c.ExtendAfter > c.TTL*2/3 {
		wrong("ExtendAfter", "must be at most two thirds of TTL, so that a try is left")
	}
	if c.LongestHold < c.TTL {
		wrong("LongestHold", "must be at least TTL")
	}
	if c.Pause < time.Millisecond {
		wrong("Pause", "must be at least 1 ms")
	}
	if c.Timeout < time.Millisecond || c.Timeout > c.TTL/4 {
		wrong("Timeout", "must be 1 ms to a quarter of TTL")
	}
	if c.StayOut > 0 && c.StayOut < c.TTL {
		wrong("StayOut", "must be at least TTL, which is how long a lock may live on that was forgotten")
	}
	return errors.Join(bad...)
}

// checkNodes finds what would break a majority, and clients that would.
func checkNodes(nodes []redis.UniversalClient) error {
	if len(nodes) == 0 || len(nodes) > maxNodes {
		return fmt.Errorf("must be 1 to %d", maxNodes)
	}
	if len(nodes)%2 == 0 {
		return errors.New("must be an odd number: one more than that has to be up as well, and bears no more")
	}
	seen := map[string]bool{}
	for _, n := range nodes {
		switch n := n.(type) {
		case nil:
			return errors.New("must not be nil")
		case *redis.Client:
			o := n.Options()
			if o.MaxRetries > 0 || !o.ContextTimeoutEnabled {
				return errors.New("must have MaxRetries -1 and ContextTimeoutEnabled; gate.NewClient makes them")
			}
			if seen[o.Addr] && o.Addr != behindSentinels {
				return fmt.Errorf("must not have %s twice, which would have two votes", o.Addr)
			}
			seen[o.Addr] = true
		case *redis.ClusterClient:
			if !n.Options().ContextTimeoutEnabled {
				return errors.New("must have ContextTimeoutEnabled; gate.NewClient makes them")
			}
		}
	}
	return nil
}

// validity is how long a holder may rely on a lock whose TTL began with a call, counted
// from before that call.
func (c *Config) validity() time.Duration { return c.TTL - c.TTL/driftPart - leastDrift }

// lasting is the TTL, in milliseconds, for a lock that a holder may rely on for at most so
// long: no longer than that and what two clocks may run apart.
func (c *Config) lasting(atMost time.Duration) int64 {
	const roundedUp = time.Millisecond
	return min(c.TTL, atMost+c.TTL-c.validity()+roundedUp).Milliseconds()
}
