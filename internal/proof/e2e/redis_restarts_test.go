package e2e

import (
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

// cutLog takes the last bytes of the append-only file away from a Redis that is
// down, as a loss of power does to a disk that had not written them yet.
func cutLog(services *testkit.Services, bytes int64) error {
	files, err := filepath.Glob(filepath.Join(services.Dir("redis"), "data", "appendonlydir", "*.incr.aof"))
	if err != nil || len(files) == 0 {
		return os.ErrNotExist
	}
	newest := files[len(files)-1]
	info, err := os.Stat(newest)
	if err != nil {
		return err
	}
	return os.Truncate(newest, max(0, info.Size()-bytes))
}

// restarts kills Redis as often as a crowd of buyers reaches the given numbers of
// answers, and starts it again after what is done to its files. The next one waits
// until the sale is restored.
type restarts struct {
	sale
	services *testkit.Services
	at       []int64
	between  func() error

	mu   sync.Mutex
	next int
	busy sync.WaitGroup
}

// done is crowd.done.
func (r *restarts) done(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next == len(r.at) || n < r.at[r.next] {
		return
	}
	r.next++
	r.busy.Wait() // for the one before, should the crowd be that fast
	before := len(r.loads(r.workers...))
	r.busy.Go(func() {
		err := r.services.TryKill("redis")
		if err == nil {
			err = r.between()
		}
		if err == nil {
			err = r.services.TryStart("redis")
		}
		if err != nil {
			r.t.Errorf("restart Redis: %v", err)
		}
		for deadline := time.Now().Add(fateWithin); len(r.loads(r.workers...)) == before; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				r.t.Error("the sale is not restored")
				return
			}
		}
	})
}

func TestARushSurvivesOneRestartOfRedisAfterAnother(t *testing.T) {
	t.Parallel()
	part := testkit.Sized(300, 100) // of the rush
	for i, c := range []struct {
		name   string
		cut    int64
		intact bool
	}{
		{"with its log", 0, true},
		{"with the tail of its log taken", 64 << 10, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			testkit.InTurn(t, i, 2)
			t.Parallel()
			stage, services := onOwnRedis(t, 2, 1)
			s := stage.openSale(longHold, item{"phone-1", int64(3 * part), 1})
			r := &restarts{sale: s, services: services, at: []int64{int64(part), int64(2 * part), int64(3 * part)},
				between: func() error {
					if c.cut == 0 {
						return nil
					}
					return cutLog(services, c.cut)
				}}
			orders := s.rush(crowd{buyers: 4 * part, clicks: 2, connections: testkit.Sized(32, 12), done: r.done}, "phone-1")
			r.busy.Wait()

			f := s.fates(orders)
			again, lost := s.recoveryMetrics()
			t.Logf("%+v, %d taken again, loaded in %v", f, again, s.loads(s.workers...))
			require.Equal(t, len(orders), f.told())
			require.Equal(t, lost, f.lost, "the metric counts what buyers were told is lost")
			it := s.units("phone-1", 0, f)
			require.LessOrEqual(t, it.Reserved, int64(3*part))
			require.LessOrEqual(t, it.Available, int64(f.refused))
			// With everysec, Redis answers ahead of its log while its disk is slow to
			// flush. What a kill takes then is taken again.
			if c.intact {
				require.Equal(t, fates{payable: 3 * part}, f, "every order that a buyer was told of is there")
			}
		})
	}
}

// Redis loses orders that no worker had seen. One web process hands in those that
// it accepted; another is frozen until all units are gone.
func TestOrdersThatRedisLostAreTakenAgainOrFailWithAReason(t *testing.T) {
	t.Parallel()
	const stock, toFrozen, toPrompt = 500, 150, 80
	stage, services := onOwnRedis(t, 2, 1)
	s := stage.openSale(longHold, item{"phone-1", stock, 1})
	prompt, frozen := s.webs[0], s.webs[1]
	s.fates(s.at(prompt).rush(crowd{name: "early", buyers: 50, clicks: 1, connections: 8}, "phone-1"))
	s.workers[0].kill()
	byFrozen := s.at(frozen).rush(crowd{name: "frozen", buyers: toFrozen, clicks: 1, connections: 8}, "phone-1")
	byPrompt := s.at(prompt).rush(crowd{name: "prompt", buyers: toPrompt, clicks: 1, connections: 8}, "phone-1")
	require.Equal(t, toFrozen+toPrompt, len(byFrozen)+len(byPrompt))

	require.NoError(t, frozen.cmd.Process.Signal(syscall.SIGSTOP))
	thaw := sync.OnceFunc(func() { _ = frozen.cmd.Process.Signal(syscall.SIGCONT) })
	defer thaw()
	services.Kill("redis")
	require.NoError(t, cutLog(services, 96<<10))
	services.Start("redis")
	kept, err := stage.redis().HGetAll(t.Context(), s.key("orders")).Result()
	require.NoError(t, err)
	missing := func(orders []told) (n int) {
		for _, o := range orders {
			id, err := seckill.ParseID(o.order)
			require.NoError(t, err)
			if _, ok := kept[id.Short()]; !ok {
				n++
			}
		}
		return n
	}
	lostByPrompt, lostByFrozen := missing(byPrompt), missing(byFrozen)
	t.Logf("Redis lost %d orders of the prompt process and %d of the frozen one", lostByPrompt, lostByFrozen)
	require.NotZero(t, lostByPrompt)
	require.NotZero(t, lostByFrozen)

	alone := s.at(prompt)
	stage.replace(s.workers[0], start(t, stage.env, "worker"))
	require.Equal(t, fates{payable: toPrompt}, alone.fates(byPrompt))
	rest := alone.rush(crowd{name: "rest", buyers: stock, clicks: 1, connections: 8}, "phone-1")
	thaw()
	f := s.fates(byFrozen)
	require.Equal(t, fates{payable: toFrozen - lostByFrozen, lost: lostByFrozen}, f, "of the frozen process")
	require.Equal(t, fates{payable: len(rest)}, s.fates(rest))

	again, lost := s.recoveryMetrics()
	require.Equal(t, lostByPrompt, again)
	require.Equal(t, lostByFrozen, lost)
	it := s.units("phone-1", 50+toPrompt+len(rest), f)
	require.EqualValues(t, stock, it.Reserved, "each unit is somebody's")
	buyer := byFrozen[len(byFrozen)-1].buyer
	require.Equal(t, "sold_out", s.buy(0, buyerToken(buyer), "another", line{"phone-1", 1}).Code)
}
