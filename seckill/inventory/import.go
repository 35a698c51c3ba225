package inventory

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// Import is a change of what is on hand of many goods, such as a delivery or a count: of
// all its rows or of none, and once for its key.
type Import struct {
	// Key is that of an Idempotency-Key.
	Key string
	// Actor is who does it, and Reason why, in rows that give no reason of their own.
	Actor, Reason string
	Rows          []ImportRow
}

// ImportRow is what an import does to one goods, as a Set does. It names goods that no
// other row names.
type ImportRow struct {
	Goods  string
	To     *int64
	By     int64
	Reason string
}

// ImportedRow is what a row does to what is on hand, or would do.
type ImportedRow struct {
	Goods         string
	Before, After int64
	// New says that the row makes the goods.
	New bool
	// Wrong is why the row is refused; After is as Before then.
	Wrong string
}

// Imported is what an import did.
type Imported struct {
	At time.Time
	// Repeated says that it was done before, At that time, and nothing now. Then there
	// are no Rows.
	Repeated bool
	Rows     []ImportedRow // in the order of the import's
}

// Import changes what is on hand. Where rows are refused, the error is
// seckill.CodeConflict with a RefusedError that has all of them. The same import under the
// same key again changes nothing; another one under it is seckill.CodeConflict with
// seckill.ErrKeyReused.
func (i *Inventory) Import(ctx context.Context, im Import) (done Imported, err error) {
	if seckill.ValidateKey(im.Key) != nil {
		return Imported{}, seckill.Invalid("key", "must be 1 to %d visible ASCII characters", seckill.MaxKeyBytes)
	}
	if err := im.validate(); err != nil {
		return Imported{}, err
	}
	err = i.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		now := i.now()
		inserted, err := i.insertImport(tx, im, now)
		if err != nil {
			return err
		}
		if !inserted {
			done, err = im.again(tx)
			return err
		}
		there, err := i.findGoods(tx, im.goods(), i.db.ForUpdate)
		if err != nil {
			return err
		}
		rows := i.judge(im, there)
		if err := refused(rows); err != nil {
			return err
		}
		done = Imported{At: seckill.UnixMilli(now), Rows: rows}
		return i.writeImport(tx, im, rows, now)
	})
	if err != nil {
		return Imported{}, err
	}
	return done, nil
}

// PreviewImport tells what an import would do, and which of its rows would be refused. It
// needs no key, and says nothing of imports that were done.
func (i *Inventory) PreviewImport(ctx context.Context, im Import) (rows []ImportedRow, err error) {
	if err := im.validate(); err != nil {
		return nil, err
	}
	err = i.db.ReadSnapshot(ctx, func(tx *gorm.DB) error {
		there, err := i.findGoods(tx, im.goods(), "")
		rows = i.judge(im, there)
		return err
	})
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// validate checks what no row is at fault for alone.
func (im Import) validate() error {
	if len(im.Rows) == 0 || len(im.Rows) > seckill.MaxImportRows {
		return seckill.Invalid("rows", "must be 1 to %d, not %d", seckill.MaxImportRows, len(im.Rows))
	}
	first := make(map[string]int, len(im.Rows))
	for n, r := range im.Rows {
		if before, twice := first[r.Goods]; twice {
			return seckill.Invalid(fmt.Sprintf("rows[%d].goods", n), "%.70q is in rows[%d] already", r.Goods, before)
		}
		first[r.Goods] = n
	}
	return validateWho(im.Actor, im.Reason)
}

// goods are those of all rows, in the order in which goods are locked.
func (im Import) goods() []string {
	names := make([]string, len(im.Rows))
	for n, r := range im.Rows {
		names[n] = r.Goods
	}
	slices.Sort(names)
	return names
}

// set is the change that a row is.
func (im Import) set(r ImportRow) Set {
	return Set{Goods: r.Goods, To: r.To, By: r.By, Actor: im.Actor, Reason: cmp.Or(r.Reason, im.Reason)}
}

// content is the same for imports that ask for the same, whoever asks.
func (im Import) content() string {
	lines := make([]string, len(im.Rows))
	for n, r := range im.Rows {
		number := fmt.Sprintf("by %d", r.By)
		if r.To != nil {
			number = fmt.Sprintf("to %d", *r.To)
		}
		lines[n] = fmt.Sprintf("%q %s %q\n", r.Goods, number, im.set(r).Reason)
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "")))
	return hex.EncodeToString(sum[:])
}

// insertImport writes the row of an import, and tells whether none of its key was there.
func (i *Inventory) insertImport(tx *gorm.DB, im Import, now int64) (inserted bool, err error) {
	n, err := database.Exec(tx, "INSERT INTO inventory_imports (import_key, actor, reason, row_count, content, created_at) VALUES (?,?,?,?,?,?)"+
		i.db.SkipDuplicates("inventory_imports", "import_key"), im.Key, im.Actor, im.Reason, len(im.Rows), im.content(), now)
	return n == 1, err
}

// again is the answer to an import whose key is there already: when it was done, if it
// asked for the same.
func (im Import) again(tx *gorm.DB) (Imported, error) {
	var known struct {
		Content   string
		CreatedAt int64
	}
	if err := tx.Raw("SELECT content, created_at FROM inventory_imports WHERE import_key = ?", im.Key).Scan(&known).Error; err != nil {
		return Imported{}, err
	}
	at := seckill.UnixMilli(known.CreatedAt)
	if known.Content != im.content() {
		err := seckill.Errorf(seckill.CodeConflict, "under this key something else was imported at %s; another import needs another key", at.Format(time.RFC3339))
		err.Cause = seckill.ErrKeyReused
		return Imported{}, err
	}
	return Imported{At: at, Repeated: true}, nil
}

// judge tells what each row does to the goods that are there, by the rules of a Set.
func (i *Inventory) judge(im Import, there map[string]Goods) []ImportedRow {
	rows := make([]ImportedRow, len(im.Rows))
	for n, r := range im.Rows {
		g, exists := there[r.Goods]
		rows[n] = ImportedRow{Goods: r.Goods, Before: g.OnHand(), After: g.OnHand()}
		if delta, err := i.checkedDifference(im.set(r), g, exists); err != nil {
			rows[n].Wrong = seckill.DetailOf(err)
		} else {
			rows[n].After, rows[n].New = g.OnHand()+delta, !exists
		}
	}
	return rows
}

func (i *Inventory) checkedDifference(s Set, g Goods, exists bool) (int64, error) {
	if err := i.validateSet(s); err != nil {
		return 0, err
	}
	return s.difference(g, exists)
}

// writeImport makes goods that are not there, and changes those that are, which are locked.
func (i *Inventory) writeImport(tx *gorm.DB, im Import, rows []ImportedRow, now int64) error {
	changed, made := make(map[string]int64), make(map[string]int64)
	var makes, history [][]any
	for n, r := range rows {
		delta := r.After - r.Before
		switch {
		case r.New:
			made[r.Goods] = delta
		case delta != 0:
			changed[r.Goods] = delta
		default:
			continue // what changes nothing is no change
		}
		history = append(history, []any{r.Goods, int(KindSet), delta, im.Actor, im.set(im.Rows[n]).Reason, now})
	}
	for some := range slices.Chunk(linesOf(changed), MaxBatch) {
		by, args := perGoods(some, func(l Line) int64 { return l.Quantity })
		if err := database.MustChange(tx, len(some), "UPDATE inventory"+i.db.ByPrimary+" SET available = available + "+by+
			", version = version + 1, updated_at = ? WHERE goods IN ?", append(args, now, goodsOf(some))...); err != nil {
			return err
		}
	}
	for _, l := range linesOf(made) {
		makes = append(makes, []any{l.Goods, l.Quantity, now})
	}
	// Who else makes them meanwhile fails this insert; the transaction is run again.
	if err := database.InsertMany(tx, "inventory (goods, available, updated_at)", makes); err != nil {
		return err
	}
	return database.InsertMany(tx, "inventory_history (goods, kind, quantity, user_id, reason, created_at)", history)
}
