package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

const maxSalesPage = 1_000

// SaleQuery chooses sales.
type SaleQuery struct {
	// States to list; none means all.
	States []seckill.SaleState
	// Key of the sale to list; empty means any.
	Key string
	// Limit is the most sales to list, 1 to 1,000; 0 means 1,000.
	Limit int
	// Cursor is the id of the last sale that the caller has; 0 starts with the
	// newest.
	Cursor seckill.ID
}

// CreateSale writes a new draft. A sale of the same Key and content is found
// instead: then it is returned as it now is, and created is false. A Key that
// stands for other content is seckill.CodeConflict.
func (l *Ledger) CreateSale(ctx context.Context, sale seckill.Sale) (_ seckill.Sale, created bool, err error) {
	if err := sale.Validate(); err != nil {
		return seckill.Sale{}, false, err
	}
	digest, err := draftDigest(sale)
	if err != nil {
		return seckill.Sale{}, false, err
	}
	var out seckill.Sale
	err = l.write(ctx, func(tx *gorm.DB, _ int) error {
		now := l.now()
		if created, err = l.insertSale(tx, sale, digest, now); err != nil {
			return err
		}
		if !created {
			out, err = l.sameSale(tx, sale)
			return err
		}
		if err := insertItems(tx, sale); err != nil {
			return err
		}
		if err := logSale(tx, sale.ID, actorOf(ctx), ActionCreated, 1, now); err != nil {
			return err
		}
		out, err = loadSale(tx, sale.ID)
		return err
	})
	if err != nil {
		return seckill.Sale{}, false, err
	}
	return out, created, nil
}

func (l *Ledger) insertSale(tx *gorm.DB, s seckill.Sale, digest string, now int64) (bool, error) {
	n, err := exec(tx, "INSERT INTO sales (id, sale_key, draft_digest, name, state, starts_at, ends_at, starts_in_ms,"+
		" hold_ms, revision, created_at, updated_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"+l.dialect.skipDuplicates("sales", "id"),
		int64(s.ID), toNull(s.Key), digest, s.Name, string(seckill.SaleDraft), s.StartsAt.UnixMilli(),
		s.EndsAt.UnixMilli(), millisOrNull(s.StartsIn), s.Hold.Milliseconds(), 1, now, now)
	return n == 1, err
}

// sameSale finds the sale that stands where sale could not be inserted, with a look
// that locks, as application.repeat says.
func (l *Ledger) sameSale(tx *gorm.DB, sale seckill.Sale) (seckill.Sale, error) {
	var row saleRow
	err := tx.Raw("SELECT * FROM sales WHERE id = ? OR sale_key = ? LIMIT 1"+l.dialect.forShare, int64(sale.ID), toNull(sale.Key)).Scan(&row).Error
	if err != nil {
		return seckill.Sale{}, err
	}
	found, err := loadSale(tx, seckill.ID(row.ID))
	if err != nil {
		return seckill.Sale{}, err
	}
	same, err := writtenAs(sale, found, row.DraftDigest)
	if err != nil || same && found.Key == sale.Key {
		return found, err
	}
	return seckill.Sale{}, conflict(row.State, "a sale of this key exists with other content: %s",
		seckill.DifferencesIn("what was sent", found.Differences(&sale)))
}

// Sale reads one sale.
func (l *Ledger) Sale(ctx context.Context, id seckill.ID) (seckill.Sale, error) {
	var sale seckill.Sale
	err := l.readSnapshot(ctx, func(tx *gorm.DB) (err error) {
		sale, err = loadSale(tx, id)
		return err
	})
	return sale, err
}

// Sales lists sales, the newest first.
func (l *Ledger) Sales(ctx context.Context, q SaleQuery) ([]seckill.Sale, error) {
	var sales []seckill.Sale
	err := l.readSnapshot(ctx, func(tx *gorm.DB) error {
		find := tx.Table("sales").Order("id DESC").Limit(bounded(q.Limit, maxSalesPage))
		if len(q.States) > 0 {
			find = find.Where("state IN ?", texts(q.States))
		}
		if q.Key != "" {
			find = find.Where("sale_key = ?", q.Key)
		}
		if q.Cursor > 0 {
			find = find.Where("id < ?", int64(q.Cursor))
		}
		var rows []saleRow
		if err := find.Find(&rows).Error; err != nil {
			return err
		}
		var err error
		sales, err = withItems(tx, rows)
		return err
	})
	return sales, err
}

// UpdateDraft replaces all that a person wrote into a sale. Only a draft can be
// changed: else the error is seckill.CodeConflict with its state.
func (l *Ledger) UpdateDraft(ctx context.Context, sale seckill.Sale) error {
	if err := sale.Validate(); err != nil {
		return err
	}
	digest, err := draftDigest(sale)
	if err != nil {
		return err
	}
	return l.write(ctx, func(tx *gorm.DB, _ int) error {
		if err := l.keyIsFree(tx, sale); err != nil {
			return err
		}
		now := l.now()
		n, err := exec(tx, "UPDATE sales SET sale_key = ?, draft_digest = ?, name = ?, starts_at = ?, ends_at = ?,"+
			" starts_in_ms = ?, hold_ms = ?, revision = revision + 1, updated_at = ? WHERE id = ? AND state = ?",
			toNull(sale.Key), digest, sale.Name, sale.StartsAt.UnixMilli(), sale.EndsAt.UnixMilli(),
			millisOrNull(sale.StartsIn), sale.Hold.Milliseconds(), now, int64(sale.ID), string(seckill.SaleDraft))
		if err != nil {
			return err
		}
		current, err := loadSale(tx, sale.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return conflict(string(current.State), "only a draft can be changed")
		}
		if _, err := exec(tx, "DELETE FROM items WHERE sale_id = ?", int64(sale.ID)); err != nil {
			return err
		}
		if err := insertItems(tx, sale); err != nil {
			return err
		}
		return logSale(tx, sale.ID, actorOf(ctx), ActionChanged, current.Revision, now)
	})
}

func (l *Ledger) keyIsFree(tx *gorm.DB, sale seckill.Sale) error {
	if sale.Key == "" {
		return nil
	}
	var other saleRow
	found := tx.Raw("SELECT * FROM sales WHERE sale_key = ? AND id <> ?", sale.Key, int64(sale.ID)).Scan(&other)
	if found.Error != nil || found.RowsAffected == 0 {
		return found.Error
	}
	return conflict(other.State, "a sale of this key exists already")
}

func insertItems(tx *gorm.DB, sale seckill.Sale) error {
	rows := make([][]any, len(sale.Items))
	for i, it := range sale.Items {
		rows[i] = []any{int64(sale.ID), it.SKU, i, it.Title, it.ImageURL, toNull(strings.Join(it.Images, " ")),
			it.Price, it.ListPrice, it.Currency, it.Total, it.LimitPerBuyer}
	}
	return insertMany(tx, "items (sale_id, sku, position, title, image_url, images, price, list_price, currency, total, limit_per_buyer)", rows)
}

func loadSale(tx *gorm.DB, id seckill.ID) (seckill.Sale, error) {
	var rows []saleRow
	if err := tx.Raw("SELECT * FROM sales WHERE id = ?", int64(id)).Scan(&rows).Error; err != nil {
		return seckill.Sale{}, err
	}
	if len(rows) == 0 {
		return seckill.Sale{}, seckill.Errorf(seckill.CodeNotFound, "no such sale")
	}
	sales, err := withItems(tx, rows)
	if err != nil {
		return seckill.Sale{}, err
	}
	return sales[0], nil
}

func withItems(tx *gorm.DB, rows []saleRow) ([]seckill.Sale, error) {
	sales := make([]seckill.Sale, len(rows))
	if len(rows) == 0 {
		return sales, nil
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var items []itemRow
	err := tx.Raw("SELECT * FROM items WHERE sale_id IN ? ORDER BY sale_id, position", ids).Scan(&items).Error
	if err != nil {
		return nil, err
	}
	bySale := make(map[int64][]itemRow, len(rows))
	for _, it := range items {
		bySale[it.SaleID] = append(bySale[it.SaleID], it)
	}
	for i, r := range rows {
		sales[i] = r.sale(bySale[r.ID])
	}
	return sales, nil
}

// logSale writes who did what to a sale.
func logSale(tx *gorm.DB, sale seckill.ID, actor, action string, revision, now int64) error {
	return mustChange(tx, 1, "INSERT INTO sale_log (sale_id, actor, action, revision, at) VALUES (?,?,?,?,?)",
		int64(sale), actor, action, revision, now)
}

// draftDigest is a fingerprint of what a person wrote into a draft.
func draftDigest(s seckill.Sale) (string, error) {
	written := struct {
		Name                   string
		StartsAt, EndsAt, Hold int64
		Items                  []seckill.Item
	}{s.Name, s.StartsAt.UnixMilli(), s.EndsAt.UnixMilli(), s.Hold.Milliseconds(), s.Items}
	text, err := json.Marshal(written)
	if err != nil {
		return "", fmt.Errorf("ledger: digest of a draft: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// writtenAs tells whether the sale that was found was written with the content of
// sale. Times that count from a creation are those of the first time. Where it was
// found without StartsIn, since times were written into the draft or the program did
// not keep it yet, the start may be any.
func writtenAs(sale, found seckill.Sale, digest string) (bool, error) {
	if sale.StartsIn != nil {
		if found.StartsIn != nil && *found.StartsIn != *sale.StartsIn {
			return false, nil
		}
		sale.StartsAt, sale.EndsAt = found.StartsAt, found.StartsAt.Add(sale.EndsAt.Sub(sale.StartsAt))
	}
	written, err := draftDigest(sale)
	return written == digest, err
}

func conflict(state, format string, args ...any) *seckill.Error {
	err := seckill.Errorf(seckill.CodeConflict, format, args...)
	err.State = state
	return err
}

// texts makes named strings what the drivers take.
func texts[S ~string](list []S) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}
