package config

import (
	"slices"
	"strings"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// Secrets are the secrets of deliveries, the new one first.
func (w Webhooks) Secrets() []string { return listed(w.Secret) }

func (cfg *Config) checkWebhooks(c *checker) {
	w := cfg.Webhooks
	if u := string(w.URL); u != "" {
		c.that((validURL(u, "https") || loopbackURL(u)) && !strings.ContainsAny(u, "?#@"), "webhooks.url",
			"must be an https address (or http on this machine) without user or query: who we are is told by the signature")
	}
	for _, s := range w.Secrets() {
		c.that(!slices.Contains(cfg.Payment.Standard.Secrets(), s), "webhooks.secret", "must not be the same as payment.standard.secret: the shop could confirm payments with it")
	}
	for _, e := range w.Events {
		c.that(slices.Contains(seckill.EventTypes(), e), "webhooks.events", "%q is not an event; there are %s", e, strings.Join(seckill.EventTypes(), ", "))
	}
	between(c, "webhooks.timeout", w.Timeout, 100*time.Millisecond, time.Minute)
	between(c, "webhooks.concurrency", w.Concurrency, 1, 256)
	between(c, "webhooks.backoff", w.Backoff, 10*time.Millisecond, time.Hour)
	between(c, "webhooks.max_attempts", w.MaxAttempts, 1, 1000)
}
