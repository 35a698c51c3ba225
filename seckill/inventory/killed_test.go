package inventory

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/proof/stores"
	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/lock"
)

// sellerEnv makes this test binary a seller: a process that sells the orders which it is
// given, and says which it has sold.
const sellerEnv = "SECKILL_TEST_SELLER"

// seller is what such a process does.
type seller struct {
	DSN, Strategy string
	Callers       int
	From, To      int // numbers of its orders
	Seed          uint64
	Redis         redisAt // has the locks
}

// redisAt is a Redis, and what is a test's own in it.
type redisAt struct{ Addr, Password, Prefix string }

// realLocks are those of a process of the service.
type realLocks struct{ of *lock.Lock }

func (l realLocks) Lock(ctx context.Context, name string, above int64) (Lock, error) {
	held, err := l.of.Acquire(ctx, name, lock.Above(above))
	if err != nil {
		return nil, seckill.Unavailable(err, "the goods are locked")
	}
	return held, nil
}

// locks makes those of this process. Nobody queues for them, so with so many callers some
// wait for long, and longer for one that the killed process had.
func (r redisAt) locks() (l realLocks, end func(), err error) {
	client := gate.NewClient(gate.ClientOptions{Addrs: []string{r.Addr}, Password: r.Password})
	l.of, err = lock.New(lock.Config{Nodes: []redis.UniversalClient{client}, Prefix: r.Prefix, TTL: 4 * time.Second, Timeout: time.Second, Wait: time.Minute,
		StayOut: -1, Logger: slog.New(slog.DiscardHandler)})
	return l, func() { l.of.Close(); client.Close() }, err
}

const sellersGoods = 20

// orderOf is the order of a number: three goods in any order, the same each time.
func (s seller) orderOf(n int) Order {
	random := rand.New(rand.NewPCG(s.Seed, uint64(n)))
	o := Order{OrderNo: fmt.Sprintf("order-%d", n), User: fmt.Sprintf("user-%d", n%100)}
	for _, g := range random.Perm(sellersGoods)[:3] {
		o.Lines = append(o.Lines, Line{fmt.Sprintf("goods-%d", g), 1 + random.Int64N(2)})
	}
	return o
}

// run sells, and writes a line for each order: its number, and what the caller is told
// where that is an error of any other kind than too few units.
func (s seller) run(i *Inventory, out io.Writer) {
	numbers := make(chan int)
	var mu sync.Mutex
	var callers sync.WaitGroup
	for range s.Callers {
		callers.Go(func() {
			for n := range numbers {
				err := untilSettled(func() error { _, err := i.Sell(context.Background(), s.orderOf(n)); return err })
				told := ""
				if err != nil && seckill.CodeOf(err) != seckill.CodeSoldOut {
					told = err.Error()
				}
				mu.Lock()
				fmt.Fprintf(out, "%d %s\n", n, told)
				mu.Unlock()
			}
		})
	}
	for n := s.From; n < s.To; n++ {
		numbers <- n
	}
	close(numbers)
	callers.Wait()
}

// beSeller runs a seller in this process, if it was started as one.
func beSeller() {
	text := os.Getenv(sellerEnv)
	if text == "" {
		return
	}
	var s seller
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		panic(err)
	}
	db, err := database.Open(database.Config{Driver: database.MySQL, DSN: s.DSN, MaxOpen: 32, SlowQuery: -1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	locks, _, err := s.Redis.locks()
	if err != nil {
		panic(err)
	}
	i, err := New(Config{DB: db, Strategy: s.Strategy, Locker: locks})
	if err != nil {
		panic(err)
	}
	s.run(i, os.Stdout)
	os.Exit(0)
}

// start starts the process, and gives what it says line by line.
func (s seller) start(t *testing.T) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	text, err := json.Marshal(s)
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), sellerEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd, bufio.NewScanner(out)
}

// Two processes with 64 callers sell; one is killed in the middle of it, and what it had
// in hand is sent again.
func TestNothingIsHalfTakenWhateverDies(t *testing.T) {
	t.Parallel()
	for i, strategy := range Strategies {
		t.Run(strategy, func(t *testing.T) {
			testkit.InTurn(t, i, 2)
			dsn := stores.MySQL(t)
			f := &fixture{t: t, driver: database.MySQL, dsn: dsn, strategy: strategy, clock: testkit.NewClock(start), locks: &locks{}}
			f.Inventory = f.process()
			orders := testkit.Sized(3_000, 400)
			for g := range sellersGoods {
				f.stock(fmt.Sprintf("goods-%d", g), int64(orders*3*3/2/sellersGoods*9/10)) // for nine in ten
			}
			lives := seller{DSN: dsn, Strategy: strategy, Callers: 32, From: 0, To: orders / 2, Seed: testkit.Seed()}
			lives.Redis.Addr, lives.Redis.Password, lives.Redis.Prefix = testkit.Redis(t)
			dies := lives
			dies.From, dies.To = orders/2, orders
			_, living := lives.start(t)
			victim, dying := dies.start(t)
			complaints := make(chan string, 1)
			go func() { complaints <- hear(living, orders/2, nil) }()
			hear(dying, orders/5, func() { _ = victim.Process.Kill() })
			_ = victim.Wait()
			require.Empty(t, <-complaints, "what the other's callers are told")

			var again strings.Builder
			locks, end, err := lives.Redis.locks()
			require.NoError(t, err)
			t.Cleanup(end)
			third, err := New(Config{DB: stores.Open(t, database.MySQL, dsn), Strategy: strategy, Locker: locks})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, third.Close()) })
			dies.run(third, &again)
			require.Empty(t, hear(bufio.NewScanner(strings.NewReader(again.String())), orders, nil), "what is told when all is sent again")
			f.requireWhole(lives, orders)
		})
	}
}

// hear reads what a seller says, until so many orders, calls then, and gives back its
// complaints.
func hear(out *bufio.Scanner, orders int, then func()) (complaints string) {
	for n := 1; out.Scan(); n++ {
		if _, told, _ := strings.Cut(out.Text(), " "); told != "" {
			complaints += told + "\n"
		}
		if n == orders && then != nil {
			then()
		}
	}
	return complaints
}

// requireWhole asserts that each order took all of its lines or none, and that the
// counters, the history and the deductions agree.
func (f *fixture) requireWhole(s seller, orders int) {
	f.t.Helper()
	reserved, sold := map[string]int64{}, 0
	for n := range orders {
		o, err := s.orderOf(n).checked()
		require.NoError(f.t, err)
		d, err := f.Deduction(f.t.Context(), o.OrderNo)
		if seckill.CodeOf(err) == seckill.CodeNotFound {
			continue
		}
		require.NoError(f.t, err)
		require.Equal(f.t, o.Lines, d.Lines)
		sold++
		for _, l := range d.Lines {
			reserved[l.Goods] += l.Quantity
		}
	}
	require.Greater(f.t, sold, orders/2)
	list, err := f.List(f.t.Context(), "", 0)
	require.NoError(f.t, err)
	require.Len(f.t, list, sellersGoods)
	for _, g := range list {
		require.Equal(f.t, reserved[g.Goods], g.Reserved, g.Goods)
	}
	f.addsUp()
}
