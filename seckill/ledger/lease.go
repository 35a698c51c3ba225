package ledger

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
)

const (
	maxLeaseName  = 64
	maxLeaseOwner = 128
	maxLeaseTTL   = 24 * time.Hour
)

// Lease takes or renews a lease that one owner at a time can hold, for what
// must run once. Only the database's clock decides when it ends.
//
// until is by the caller's clock. When held, the lease lasts at least until
// then, so the owner stops there at the latest; when another holds it, it is
// free about then.
func (l *Ledger) Lease(ctx context.Context, name, owner string, ttl time.Duration) (until time.Time, held bool, err error) {
	if err := validateLease(name, owner, ttl); err != nil {
		return time.Time{}, false, err
	}
	began := l.clock()
	var left time.Duration
	err = l.db.Write(fault.Without(ctx), func(tx *gorm.DB, _ int) error {
		if err := l.takeLease(tx, name, owner, ttl); err != nil {
			return err
		}
		var row struct {
			Owner  string
			LeftMs int64
		}
		err := tx.Raw("SELECT owner, until_ms - "+l.db.NowMillis+" AS left_ms FROM leases WHERE name = ?", name).Scan(&row).Error
		held, left = row.Owner == owner && row.LeftMs > 0, time.Duration(row.LeftMs)*time.Millisecond
		return err
	})
	if err != nil {
		return time.Time{}, false, err
	}
	if held {
		// The lease began after the call did.
		return began.Add(min(left, ttl)), true, nil
	}
	return l.clock().Add(left), false, nil
}

func (l *Ledger) takeLease(tx *gorm.DB, name, owner string, ttl time.Duration) error {
	now, ms := l.db.NowMillis, ttl.Milliseconds()
	n, err := database.Exec(tx, "UPDATE leases SET owner = ?, until_ms = "+now+" + ? WHERE name = ? AND (owner = ? OR until_ms <= "+now+")",
		owner, ms, name, owner)
	if err != nil || n == 1 {
		return err
	}
	_, err = database.Exec(tx, "INSERT INTO leases (name, owner, until_ms) VALUES (?, ?, "+now+" + ?)"+
		l.db.SkipDuplicates("leases", "name"), name, owner, ms)
	return err
}

// Unlease gives a lease back before its end; one that the owner does not hold
// is left alone. A worker number for ids is never free before its end, whatever
// its holder says: only then is every id with it older than the next holder's.
func (l *Ledger) Unlease(ctx context.Context, name, owner string) error {
	statement := "DELETE FROM leases WHERE name = ? AND owner = ?"
	if strings.HasPrefix(name, idWorkerPrefix) {
		statement = "UPDATE leases SET owner = '' WHERE name = ? AND owner = ?"
	}
	return l.db.WriteOne(ctx, statement, name, owner)
}

// EndLeases ends every lease whoever holds it, for a process that has the database
// to itself: the holders are dead, and their time would only be waited for. Worker
// numbers for ids stay taken up to their end, as always.
func (l *Ledger) EndLeases(ctx context.Context) error {
	return l.db.WriteOne(ctx, "DELETE FROM leases WHERE name NOT LIKE ?", idWorkerPrefix+"%")
}

func validateLease(name, owner string, ttl time.Duration) error {
	switch {
	case !validName(name, maxLeaseName):
		return seckill.Invalid("name", "must be 1 to %d bytes of text", maxLeaseName)
	case !validName(owner, maxLeaseOwner) || !utf8.ValidString(owner):
		return seckill.Invalid("owner", "must be 1 to %d bytes of text", maxLeaseOwner)
	case ttl < time.Millisecond || ttl > maxLeaseTTL:
		return seckill.Invalid("ttl", "must be 1 ms to %s", maxLeaseTTL)
	}
	return nil
}
