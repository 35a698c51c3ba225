package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// The worker that would restore the sale dies together with Redis. With a lease of
// ten minutes on all that one worker does, waiting for its end would end this test.
func TestASaleIsOpenAgainAfterRedisAndTheWorkerDiedTogether(t *testing.T) {
	for i, c := range []struct {
		name string
		die  func(s sale, services *testkit.Services, victim *process)
	}{
		{"at the same time", func(s sale, services *testkit.Services, victim *process) {
			services.Kill("redis")
			victim.kill()
			services.Start("redis")
		}},
		{"when it has begun to restore the sale", func(s sale, services *testkit.Services, victim *process) {
			goOn := s.holdUp()
			services.Kill("redis")
			services.Start("redis")
			s.awaitLoading()
			victim.kill()
			goOn()
		}},
		{"and Redis once more", func(s sale, services *testkit.Services, victim *process) {
			goOn := s.holdUp()
			services.Kill("redis")
			services.Start("redis")
			s.awaitLoading()
			victim.kill()
			services.Kill("redis")
			goOn()
			services.Start("redis")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			testkit.InTurn(t, i, 3)
			alone(t)
			services := testkit.ServiceSet(t, "redis")
			addr, password := services.Redis()
			stage := onRedis(t, addr, password, "seckill")
			stage.env = append(stage.env, "SECKILL_WORKER_LEASE_TTL=10m")
			stage.launch(1, 2)
			s := stage.openSale(longHold, item{"phone-1", 100, 1})
			require.Equal(t, 202, s.insist(0, buyerToken("before"), "", "phone-1").HTTP)

			c.die(s, services, stage.recoverer())
			began := time.Now()
			a := s.insist(0, buyerToken("after"), "", "phone-1")
			took := time.Since(began)
			require.Equal(t, 202, a.HTTP, "%s", a.Body)
			t.Logf("open again %s after both were gone and Redis was back", took.Round(time.Millisecond))
			if testkit.Soaking() {
				require.LessOrEqual(t, took, 3*time.Second)
			}
			s.audit()
		})
	}
}

// awaitLoading waits until a worker has shut the buyers out and is about to read SQL.
func (s sale) awaitLoading() {
	s.t.Helper()
	client := s.redis()
	testkit.Eventually(s.t, func() bool {
		return client.HGet(s.t.Context(), s.key("meta"), "state").Val() == "loading"
	}, "the load has begun")
}
