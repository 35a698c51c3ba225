package ledger

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

const idWorkerPrefix = "id-worker/"

// LeaseIDWorker takes a worker number for a seckill.IDGenerator, or renews the
// one that the owner has. owner must name one run of one process: a process
// that starts anew under the old name could repeat ids if its clock went back.
//
// No two holders of a number ever make ids of the same time, whatever their
// clocks say: until is written as the later of the two clocks, the database's
// and the holder's, plus ttl; another can take the number only when both of its
// clocks are past until; and the generator makes no id of until or later. A
// renewal never brings until forward. When all 1,024 numbers are taken the
// error is seckill.CodeUnavailable.
func (l *Ledger) LeaseIDWorker(ctx context.Context, owner string, ttl time.Duration) (worker int, until time.Time, err error) {
	if err := validateLease(idWorkerPrefix, owner, ttl); err != nil {
		return 0, time.Time{}, err
	}
	var untilMs int64
	err = l.db.Write(ctx, func(tx *gorm.DB, _ int) (err error) {
		lease := idLease{ledger: l, tx: tx, owner: owner, own: l.now(), ttl: ttl.Milliseconds()}
		worker, untilMs, err = lease.renewOrTake()
		return err
	})
	if err != nil {
		return 0, time.Time{}, err
	}
	return worker, seckill.UnixMilli(untilMs), nil
}

// idLease is one transaction of LeaseIDWorker.
type idLease struct {
	ledger *Ledger
	tx     *gorm.DB
	owner  string
	own    int64 // the caller's clock, unix milliseconds
	ttl    int64 // milliseconds
}

func (i idLease) renewOrTake() (worker int, until int64, err error) {
	taken, mine, err := i.read()
	if err != nil {
		return 0, 0, err
	}
	if mine >= 0 {
		return i.renew(mine)
	}
	first := rand.IntN(seckill.IDWorkers) // many start at once: keep them apart
	for offset := range seckill.IDWorkers {
		n := (first + offset) % seckill.IDWorkers
		if taken[n] {
			continue
		}
		got, err := i.take(n)
		if err != nil {
			return 0, 0, err
		}
		if got {
			until, err := i.until(n)
			return n, until, err
		}
	}
	return 0, 0, seckill.Unavailable(nil, "all %d worker numbers for ids are taken", seckill.IDWorkers)
}

// read tells which numbers are taken, and which is the owner's own (-1: none).
func (i idLease) read() (taken map[int]bool, mine int, err error) {
	var rows []struct {
		Name, Owner string
		Free        bool
	}
	err = i.tx.Raw("SELECT name, owner, until_ms < "+i.earlierClock()+" AS free FROM leases WHERE name LIKE ?",
		i.own, idWorkerPrefix+"%").Scan(&rows).Error
	if err != nil {
		return nil, 0, err
	}
	taken, mine = make(map[int]bool, len(rows)), -1
	for _, r := range rows {
		n, err := strconv.Atoi(strings.TrimPrefix(r.Name, idWorkerPrefix))
		if err != nil || n < 0 || n >= seckill.IDWorkers {
			continue // not one that this package wrote
		}
		taken[n] = !r.Free
		if r.Owner == i.owner {
			mine = n
		}
	}
	return taken, mine, nil
}

// take gets a number that was free a moment ago, if it still is.
func (i idLease) take(n int) (bool, error) {
	changed, err := database.Exec(i.tx, "UPDATE leases SET owner = ?, until_ms = "+i.laterClock()+" + ? WHERE name = ? AND until_ms < "+i.earlierClock(),
		i.owner, i.own, i.ttl, idWorkerName(n), i.own)
	if err != nil || changed == 1 {
		return changed == 1, err
	}
	inserted, err := database.Exec(i.tx, "INSERT INTO leases (name, owner, until_ms) VALUES (?, ?, "+i.laterClock()+" + ?)"+
		i.ledger.db.SkipDuplicates("leases", "name"), idWorkerName(n), i.owner, i.own, i.ttl)
	return inserted == 1, err
}

// renew moves the end of the owner's own number. That it had passed does no
// harm as long as nobody else took the number.
func (i idLease) renew(n int) (int, int64, error) {
	_, err := database.Exec(i.tx, "UPDATE leases SET until_ms = "+i.ledger.db.Greatest+"(until_ms, "+i.laterClock()+" + ?) WHERE name = ? AND owner = ?",
		i.own, i.ttl, idWorkerName(n), i.owner)
	if err != nil {
		return 0, 0, err
	}
	until, err := i.until(n)
	return n, until, err
}

// until reads the end of a number that the owner holds now.
func (i idLease) until(n int) (int64, error) {
	var until int64
	found := i.tx.Raw("SELECT until_ms FROM leases WHERE name = ? AND owner = ?", idWorkerName(n), i.owner).Scan(&until)
	if found.Error == nil && found.RowsAffected != 1 {
		return 0, seckill.Unavailable(nil, "worker number %d was taken by another", n)
	}
	return until, found.Error
}

// laterClock and earlierClock compare the database's clock with the caller's,
// which is their one value.
func (i idLease) laterClock() string {
	return fmt.Sprintf("%s(%s, ?)", i.ledger.db.Greatest, i.ledger.db.NowMillis)
}

func (i idLease) earlierClock() string {
	return fmt.Sprintf("%s(%s, ?)", i.ledger.db.Least, i.ledger.db.NowMillis)
}

func idWorkerName(n int) string { return idWorkerPrefix + strconv.Itoa(n) }
