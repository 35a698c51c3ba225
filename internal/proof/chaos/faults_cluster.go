package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// drawSaleStruck draws the sale whose master or slot is struck.
func drawSaleStruck(r *rand.Rand, p *Plan, f *Fault) {
	f.Key = fmt.Sprintf("sale %d", r.IntN(len(p.Sales)))
}

// slotOf is the slot of the sale that a fault is about, and its master.
func (run *Run) slotOf(f Fault) (slot, master int, err error) {
	var sale int
	if _, err := fmt.Sscanf(f.Key, "sale %d", &sale); err != nil {
		return 0, 0, err
	}
	cluster := run.in.cluster
	slot = cluster.Slot(run.key(run.sales[sale].id, "meta"))
	if master = cluster.Master(slot); slot < 0 || master < 0 {
		return 0, 0, errors.New("the sale has no master that answers")
	}
	return slot, master, nil
}

// replaced tells whether a slot has another master than it had.
func (run *Run) replaced(slot, old int) bool {
	now := run.in.cluster.Master(slot)
	return now >= 0 && now != old
}

// killMaster kills the master of a sale; its replica is promoted, and it comes back as
// a replica of that.
func killMaster(ctx context.Context, run *Run, f Fault) error {
	defer run.hold("redis")()
	slot, old, err := run.slotOf(f)
	if err != nil {
		return err
	}
	run.in.cluster.Kill(old)
	if !within(30*time.Second, func() bool { return run.replaced(slot, old) }) {
		return errors.New("no replica is promoted")
	}
	run.history.note(faultWho, "", "the replica of redis %d is promoted", old)
	pause(ctx, f.For)
	return run.in.healCluster()
}

// freezeMaster stops the master of a sale, for so long that it may be replaced; then it
// goes on, in the belief that nothing has happened.
func freezeMaster(ctx context.Context, run *Run, f Fault) error {
	defer run.hold("redis")()
	_, old, err := run.slotOf(f)
	if err != nil {
		return err
	}
	if err := freeze(ctx, run.in.cluster.Process(old), 2*time.Second+f.For); err != nil {
		return err
	}
	return run.in.healCluster()
}

// changeMaster makes master and replica of a sale change places, as for maintenance.
func changeMaster(ctx context.Context, run *Run, f Fault) error {
	defer run.hold("redis")()
	slot, old, err := run.slotOf(f)
	if err != nil {
		return err
	}
	// One that the replica cannot do in five seconds is given up.
	const tries = 5
	for range tries {
		if err = run.in.cluster.FailOver(old); err == nil && within(6*time.Second, func() bool { return run.replaced(slot, old) }) {
			return run.in.healCluster()
		}
	}
	return errors.Join(errors.New("the replica does not take over"), err)
}

// moveSlot moves the slot of a sale to another master, some keys first and slowly.
func moveSlot(ctx context.Context, run *Run, f Fault) error {
	defer run.hold("redis")()
	slot, from, err := run.slotOf(f)
	if err != nil {
		return err
	}
	var others []int
	for _, m := range run.in.cluster.Masters() {
		if m != from {
			others = append(others, m)
		}
	}
	if len(others) == 0 {
		return errors.New("there is no other master")
	}
	r := rand.New(rand.NewPCG(f.Draw, 0))
	to := pick(r, others...)
	var move *testkit.SlotMove
	err = run.insistRedis(ctx, func(context.Context) (err error) {
		move, err = run.in.cluster.MoveSlot(slot, to)
		return err
	})
	if err != nil {
		return err
	}
	for _, some := range []int{1 + r.IntN(8), 100} {
		pause(ctx, f.For/8)
		if moved, err := move.MoveKeys(some); err == nil { // Finish does again what fails here
			run.history.note(faultWho, "", "%d keys of the sale were moved to another server", moved)
		}
	}
	pause(ctx, f.For/8)
	if err := run.insistRedis(ctx, func(context.Context) error { return move.Finish() }); err != nil {
		return err
	}
	return run.in.healCluster()
}
