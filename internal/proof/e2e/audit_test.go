package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

// auditEvery is the pause between two audits of a sale under way.
const auditEvery = 50 * time.Millisecond

// audits counts what audits of a sale under way said.
type audits struct {
	conserved int
	// moving is how many of them saw units on their way.
	moving int
}

// auditAllTheTime audits the sale until stop is called. Drift fails the test; no
// answer does not, since processes die.
func (s sale) auditAllTheTime() (stop func() audits) {
	var seen audits
	var wg sync.WaitGroup
	over := make(chan struct{})
	wg.Go(func() {
		for {
			a, err := call("GET", s.url(0)+"/api/v1/admin/sales/"+s.id+"/audit", adminToken, nil, nil)
			var audit seckill.Audit
			if err == nil && a.HTTP == 200 && json.Unmarshal(a.Body, &audit) == nil {
				if !audit.Conserved {
					s.t.Errorf("drift: %s", a.Body)
				}
				seen.conserved++
				if it := audit.Items[0]; it.InFlight > 0 || it.Releasing > 0 || it.Available > 0 && it.Available < it.Total {
					seen.moving++
				}
			}
			select {
			case <-over:
				return
			case <-time.After(auditEvery):
			}
		}
	})
	return func() audits { close(over); wg.Wait(); return seen }
}

// neverDrifted checks that not one reading of any process, the dead included,
// had to be taken again because it found drift.
func neverDrifted(t *testing.T, processes []*process) {
	t.Helper()
	for _, p := range processes {
		for line := range strings.Lines(p.logged()) {
			require.NotContains(t, line, "found drift")
			require.NotContains(t, line, "STOCK DRIFT")
		}
	}
}

func TestAuditIsExactInTheMiddleOfARush(t *testing.T) {
	t.Parallel()
	twoWorkers := func(t *testing.T) *stage { return external(t, 1, 2) }
	oneWorker := func(t *testing.T) *stage { return external(t, 1, 1) }
	worker := func(s *stage) *process { return s.workers[0] }
	units, buyers := testkit.Sized(2000, 1200), testkit.Sized(2500, 1500)
	for i, c := range []struct {
		name   string
		make   func(*testing.T) *stage
		hold   time.Duration
		victim func(*stage) *process // nil: nobody dies
	}{
		{"embedded", embedded, longHold, nil},
		{"external, holds end", oneWorker, shortHold, nil},
		{"external, the only worker is killed", oneWorker, longHold, worker},
		{"embedded, holds end", embedded, shortHold, nil},
		{"external, a worker is killed while holds end", twoWorkers, shortHold, worker},
	} {
		t.Run(c.name, func(t *testing.T) {
			testkit.InTurn(t, i, 3)
			t.Parallel()
			stage := c.make(t)
			s := stage.openSale(c.hold, item{"phone-1", int64(units), 1})
			before := slices.Concat(stage.webs, stage.workers)
			stop := s.auditAllTheTime()
			if c.victim != nil {
				s.rushWhileOneEnds(buyers, c.victim(stage), (*process).kill)
			} else {
				s.rush(crowd{buyers: buyers, clicks: 1, connections: 64}, "phone-1")
			}
			s.awaitReady()
			if c.hold == shortHold {
				testkit.Eventually(t, func() bool { return s.audit()["phone-1"].Available == int64(units) }, "every unit has come back")
			}
			seen := stop()
			s.audit()
			t.Logf("%+v", seen)
			require.Greater(t, seen.moving, 2, "audits that succeeded while the sale went on, of %d", seen.conserved)
			neverDrifted(t, slices.Concat(before, stage.webs, stage.workers))
		})
	}
}

// setting reads what the processes of a stage were started with.
func (s *stage) setting(name string) string {
	for _, v := range s.env {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	s.t.Fatalf("%s is not set", name)
	return ""
}

// set changes what processes are started with from now on.
func (s *stage) set(name, value string) {
	for i, v := range s.env {
		if strings.HasPrefix(v, name+"=") {
			s.env[i] = name + "=" + value
			return
		}
	}
	s.env = append(s.env, name+"="+value)
}

func TestDriftIsRepairedFromTheCommandLine(t *testing.T) {
	t.Parallel()
	s := external(t, 1, 1).openSale(longHold, item{"phone-1", 10, 1})
	_, _ = s.awaiting("alice")
	s.audit()
	client := redis.NewClient(&redis.Options{Addr: s.setting("SECKILL_REDIS_ADDRS"), Password: s.setting("SECKILL_REDIS_PASSWORD")})
	defer client.Close()
	stock := s.setting("SECKILL_REDIS_PREFIX") + ":{" + s.id + "}:stock"
	require.EqualValues(t, 10, client.HIncrBy(t.Context(), stock, "phone-1", 1).Val(), "nine are left, and one that is not there")

	audit := func(want int, args ...string) string {
		t.Helper()
		code, out, errs := s.command(append([]string{"audit", s.id, "--url=" + s.url(0)}, args...)...)
		require.Equal(t, want, code, "%s%s", out, errs)
		return out + errs
	}
	require.Contains(t, audit(1), "drift")
	require.Contains(t, audit(1, "--repair"), "nothing was changed")
	audit(1)
	require.Contains(t, audit(0, "--repair", "--yes"), "repaired")
	require.Equal(t, "9", client.HGet(t.Context(), stock, "phone-1").Val())
	require.Contains(t, audit(0, "--repair", "--yes"), "nothing to repair")
	require.Contains(t, audit(0), "conserved")
	require.Contains(t, audit(2, "--yes"), "--repair")
	testkit.Eventually(t, func() bool { return s.buy(0, buyerToken("bob"), "", line{"phone-1", 1}).HTTP == 202 }, "the sale goes on")
	s.audit()
}
