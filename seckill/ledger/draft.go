package ledger

import (
	"context"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// Draft tells what CreateSale would find for a sale.
type Draft struct {
	// Found tells that there is a sale of this Key already: Sale, as it now is.
	Found bool
	Sale  seckill.Sale
	// Same tells that it was written with the same content, so that CreateSale would
	// return it and change nothing. Else CreateSale would be a conflict.
	Same bool
}

// FindDraft looks for the sale that stands where a sale would be created. One
// without a Key stands nowhere.
func (l *Ledger) FindDraft(ctx context.Context, sale seckill.Sale) (Draft, error) {
	if sale.Key == "" {
		return Draft{}, nil
	}
	var d Draft
	err := l.readSnapshot(ctx, func(tx *gorm.DB) error {
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
