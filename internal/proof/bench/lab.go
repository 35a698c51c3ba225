package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/redis/go-redis/v9"

	"github.com/seckill-go/seckill/internal/load"
	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// Options of a run.
type Options struct {
	// Rounds of each figure.
	Rounds int
	// Measure is how long each measurement takes, Warm how long the same load runs
	// before it.
	Measure, Warm time.Duration
	// Sustained is how long buyers buy where a figure is about lasting load.
	Sustained time.Duration
	// Buyers buy in turn, each one unit at a time.
	Buyers int
}

// Lab has the servers on which everything is measured, and the buyers.
type Lab struct {
	Options
	t        testing.TB
	bin      string
	services *testkit.Services
	admin    *sql.DB // of the server, no database chosen
	redis    *redis.Client
	tokens   []string
	stages   int
	runs     int
}

// connections are those of a busy shop's load balancer.
const connections = 128

// The secrets of every installation.
const (
	hs256Secret   = "a-secret-of-the-benchmarks-of-32-bytes-or-more"
	adminToken    = "an-admin-token-of-the-benchmarks"
	paymentSecret = "whsec_dGhlLWJlbmNobWFya3Mtc2lnbi10aGVpci1jYWxsYmFja3M="
)

// NewLab starts the servers; they end with the test. bin is the program.
func NewLab(t testing.TB, bin string, o Options) (*Lab, error) {
	l := &Lab{Options: o, t: t, bin: bin, services: testkit.ServiceSet(t)}
	cfg, err := l.mysqlConfig("")
	if err != nil {
		return nil, err
	}
	if l.admin, err = sql.Open("mysql", cfg.FormatDSN()); err != nil {
		return nil, err
	}
	t.Cleanup(func() { l.admin.Close() })
	addr, password := l.services.Redis()
	l.redis = redis.NewClient(ownConnection(&redis.Options{Addr: addr, Password: password, ReadTimeout: time.Minute}))
	t.Cleanup(func() { l.redis.Close() })
	l.tokens, err = load.Signing{Secret: hs256Secret, Lasts: 24 * time.Hour}.Tokens("buyer", o.Buyers)
	return l, err
}

func (l *Lab) mysqlConfig(database string) (*mysql.Config, error) {
	cfg, err := mysql.ParseDSN(l.services.MySQL())
	if err != nil {
		return nil, err
	}
	cfg.DBName = database
	return cfg, nil
}

// buyBody is what every buyer sends.
const (
	sku     = "phone-1"
	buyBody = `{"lines":[{"sku":"` + sku + `","quantity":1}]}`
)

// source makes requests to buy with keys that no run before had.
func (l *Lab) source(url, sale string) (load.Source, error) {
	l.runs++
	return load.Buy{URL: url, Sale: sale, Tokens: l.tokens, Body: buyBody, KeyPrefix: fmt.Sprintf("run-%d-", l.runs)}.Source()
}

// buy loads the buy call. What a run changes of the usual, a closed loop over the
// usual connections for the usual time, change does. An answer that is neither an
// order nor a refusal fails it.
func (l *Lab) buy(ctx context.Context, url, sale string, change func(*load.Config)) (*load.Result, error) {
	source, err := l.source(url, sale)
	if err != nil {
		return nil, err
	}
	cfg := load.Config{URL: url, Connections: connections, Duration: l.Measure, Timeout: 30 * time.Second, Source: source}
	if change != nil {
		change(&cfg)
	}
	r, err := load.Run(ctx, cfg)
	switch {
	case err != nil:
		return nil, err
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case r.Failed > 0:
		return r, fmt.Errorf("%d requests failed: %v", r.Failed, r.FailedBy)
	case r.Accepted+r.Refused == 0:
		return r, errors.New("there was no answer")
	}
	return r, nil
}

// warmed runs the load once for a short while and then measures it. It tells the
// orders of both.
func (l *Lab) warmed(ctx context.Context, url, sale string, change func(*load.Config)) (measured *load.Result, accepted int64, err error) {
	warm, err := l.buy(ctx, url, sale, func(c *load.Config) {
		if change != nil {
			change(c)
		}
		c.Rate, c.Count, c.Duration = 0, 0, l.Warm
	})
	if err != nil {
		return nil, 0, err
	}
	measured, err = l.buy(ctx, url, sale, change)
	if err != nil {
		return nil, 0, err
	}
	return measured, warm.Accepted + measured.Accepted, nil
}

// only checks that every answer was an order, or every one a refusal of one kind.
func only(r *load.Result, code string) error {
	if code == "" && r.Refused == 0 {
		return nil
	}
	if code != "" && r.Accepted == 0 && r.RefusedBy[code] == r.Refused {
		return nil
	}
	return fmt.Errorf("wanted only %q: accepted %d, refused %v", code, r.Accepted, r.RefusedBy)
}

// redisInfo reads a section of INFO.
func (l *Lab) redisInfo(ctx context.Context, section string) (map[string]string, error) {
	text, err := l.redis.Info(ctx, section).Result()
	if err != nil {
		return nil, err
	}
	info := map[string]string{}
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			info[key] = value
		}
	}
	return info, nil
}
