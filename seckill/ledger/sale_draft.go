package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

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
	err = l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
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
		if err := logSale(tx, sale.ID, actorOf(ctx), ActionCreated, "", 1, now); err != nil {
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
	n, err := database.Exec(tx, "INSERT INTO sales (id, sale_key, draft_digest, name, state, starts_at, ends_at, starts_in_ms,"+
		" hold_ms, entry, entries_until, revision, created_at, updated_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"+l.db.SkipDuplicates("sales", "id"),
		int64(s.ID), toNull(s.Key), digest, s.Name, string(seckill.SaleDraft), s.StartsAt.UnixMilli(),
		s.EndsAt.UnixMilli(), millisOrNull(s.StartsIn), s.Hold.Milliseconds(), string(s.Entry), timeOrNull(s.EntriesUntil), 1, now, now)
	return n == 1, err
}

// sameSale finds the sale because of which sale could not be inserted. The SELECT locks,
// for the reason that paymentTransaction.recorded gives.
func (l *Ledger) sameSale(tx *gorm.DB, sale seckill.Sale) (seckill.Sale, error) {
	var row saleRow
	err := tx.Raw("SELECT * FROM sales WHERE id = ? OR sale_key = ? LIMIT 1"+l.db.ForShare, int64(sale.ID), toNull(sale.Key)).Scan(&row).Error
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
	return l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		if err := l.keyIsFree(tx, sale); err != nil {
			return err
		}
		now := l.now()
		n, err := database.Exec(tx, "UPDATE sales SET sale_key = ?, draft_digest = ?, name = ?, starts_at = ?, ends_at = ?,"+
			" starts_in_ms = ?, hold_ms = ?, entry = ?, entries_until = ?, revision = revision + 1, updated_at = ? WHERE id = ? AND state = ?",
			toNull(sale.Key), digest, sale.Name, sale.StartsAt.UnixMilli(), sale.EndsAt.UnixMilli(),
			millisOrNull(sale.StartsIn), sale.Hold.Milliseconds(), string(sale.Entry), timeOrNull(sale.EntriesUntil), now, int64(sale.ID), string(seckill.SaleDraft))
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
		if _, err := database.Exec(tx, "DELETE FROM items WHERE sale_id = ?", int64(sale.ID)); err != nil {
			return err
		}
		if err := insertItems(tx, sale); err != nil {
			return err
		}
		return logSale(tx, sale.ID, actorOf(ctx), ActionChanged, "", current.Revision, now)
	})
}

// Draft tells what CreateSale would find for a sale.
type Draft struct {
	// Found tells that there is a sale of this Key already: Sale, as it now is.
	Found bool
	Sale  seckill.Sale
	// Same tells that it was written with the same content, so that CreateSale would
	// return it and change nothing. Else CreateSale would be a conflict.
	Same bool
}

// FindDraft looks for the sale that has the Key of a sale which is to be created. For one
// without a Key there is none.
func (l *Ledger) FindDraft(ctx context.Context, sale seckill.Sale) (Draft, error) {
	if sale.Key == "" {
		return Draft{}, nil
	}
	var d Draft
	err := l.db.ReadSnapshot(ctx, func(tx *gorm.DB) error {
		var rows []saleRow
		if err := tx.Raw("SELECT * FROM sales WHERE sale_key = ?", sale.Key).Scan(&rows).Error; err != nil || len(rows) == 0 {
			return err
		}
		sales, err := withItems(tx, rows)
		if err != nil {
			return err
		}
		d = Draft{Found: true, Sale: sales[0]}
		d.Same, err = writtenAs(sale, sales[0], rows[0].DraftDigest)
		return err
	})
	return d, err
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
			it.Price, it.ListPrice, it.Currency, it.Total, it.LimitPerBuyer, toNull(it.GoodsID)}
	}
	return database.InsertMany(tx, "items (sale_id, sku, position, title, image_url, images, price, list_price, currency, total, limit_per_buyer, goods_id)", rows)
}

// draftDigest is a fingerprint of what a person wrote into a draft.
func draftDigest(s seckill.Sale) (string, error) {
	written := struct {
		Name                   string
		StartsAt, EndsAt, Hold int64
		Items                  []seckill.Item
		// What came later is left out where nobody wrote it, so that a sale of before has
		// the fingerprint that it had.
		Entry        seckill.Entry `json:",omitempty"`
		EntriesUntil *int64        `json:",omitempty"`
	}{s.Name, s.StartsAt.UnixMilli(), s.EndsAt.UnixMilli(), s.Hold.Milliseconds(), s.Items, s.Entry, timeOrNull(s.EntriesUntil)}
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
