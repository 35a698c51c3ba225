package stocksafety

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/internal/stockload"
	"github.com/seckill-go/seckill/internal/stocklock"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/inventory"
	"github.com/seckill-go/seckill/seckill/lock"
)

// Place is where goods are sold.
type Place struct {
	DSN                     string
	Redis, Password, Prefix string
}

// callersEnv makes this program a process of callers: the place as JSON.
const callersEnv = "STOCK_CALLERS"

// BeCallers turns the process into one of callers if it was started as one, and does not
// return then.
func BeCallers() {
	text := os.Getenv(callersEnv)
	if text == "" {
		return
	}
	var p Place
	err := json.Unmarshal([]byte(text), &p)
	if err == nil {
		err = p.serve(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// command starts such a process.
func (p Place) command() *exec.Cmd {
	text, _ := json.Marshal(p) // strings alone
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	cmd := exec.Command(self)
	cmd.Env = append(testkit.CleanEnvironment(), callersEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	testkit.EndWithParent(cmd)
	return cmd
}

// open opens the database as a process of the service does, with its default settings.
func (p Place) open() (*database.DB, error) {
	return database.Open(database.Config{Driver: database.MySQL, DSN: p.DSN, SlowQuery: -1, Logger: slog.New(slog.DiscardHandler)})
}

func (p Place) serve(ctx context.Context) error {
	db, err := p.open()
	if err != nil {
		return err
	}
	defer db.Close()
	pool, err := db.Writes.DB()
	if err != nil {
		return err
	}
	client := gate.NewClient(gate.ClientOptions{Addrs: []string{p.Redis}, Password: p.Password})
	defer client.Close()
	locks, err := lock.New(lock.Config{Nodes: []redis.UniversalClient{client}, Prefix: p.Prefix, StayOut: -1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer locks.Close()
	plain := redis.NewClient(&redis.Options{Addr: p.Redis, Password: p.Password, PoolSize: 256})
	defer plain.Close()
	return stockload.Serve(ctx, os.Stdin, os.Stdout, func(way string) (stockload.Seller, error) {
		if slices.Contains(Unsafe, way) {
			return (&unsafe{db: pool, redis: plain, prefix: p.Prefix}).seller(way), nil
		}
		i, err := inventory.New(inventory.Config{DB: db, Strategy: way, Locker: stocklock.Locker{Locks: locks}})
		return stockload.OfInventory(i, db), err
	})
}
