package ledger

import (
	"strings"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// The rows as SQL has them. Times are unix milliseconds.

type saleRow struct {
	ID          int64
	SaleKey     *string
	DraftDigest string
	Name        string
	State       string
	StartsAt    int64
	EndsAt      int64
	StartsInMs  *int64
	HoldMs      int64
	Entry       string
	// EntriesUntil is NULL where it is not of a draw, or is its start.
	EntriesUntil *int64
	Revision     int64
	Epoch        int64
	CreatedAt    int64
	UpdatedAt    int64
}

type itemRow struct {
	SaleID        int64
	SKU           string `gorm:"column:sku"`
	Position      int64
	Title         string
	ImageURL      string `gorm:"column:image_url"`
	Images        *string
	Price         int64
	ListPrice     int64
	Currency      string
	Total         int64
	Reserved      int64
	Sold          int64
	LimitPerBuyer int64
	GoodsID       *string `gorm:"column:goods_id"`
}

func (r saleRow) sale(items []itemRow) seckill.Sale {
	s := seckill.Sale{
		ID:        seckill.ID(r.ID),
		Key:       fromNull(r.SaleKey),
		Name:      r.Name,
		State:     seckill.SaleState(r.State),
		StartsAt:  seckill.UnixMilli(r.StartsAt),
		EndsAt:    seckill.UnixMilli(r.EndsAt),
		Hold:      time.Duration(r.HoldMs) * time.Millisecond,
		Entry:     seckill.Entry(r.Entry),
		Revision:  r.Revision,
		Epoch:     r.Epoch,
		CreatedAt: seckill.UnixMilli(r.CreatedAt),
		Items:     make([]seckill.Item, len(items)),
	}
	if r.StartsInMs != nil {
		in := time.Duration(*r.StartsInMs) * time.Millisecond
		s.StartsIn = &in
	}
	if r.EntriesUntil != nil {
		s.EntriesUntil = seckill.UnixMilli(*r.EntriesUntil)
	}
	for i, it := range items {
		s.Items[i] = seckill.Item{
			SKU:           it.SKU,
			Title:         it.Title,
			ImageURL:      it.ImageURL,
			Images:        imagesOf(it.Images),
			Price:         it.Price,
			ListPrice:     it.ListPrice,
			Currency:      it.Currency,
			Total:         it.Total,
			LimitPerBuyer: it.LimitPerBuyer,
			GoodsID:       fromNull(it.GoodsID),
		}
	}
	return s
}

// imagesOf takes apart what is kept as one text; an address has no space in it.
func imagesOf(text *string) []string {
	if fromNull(text) == "" {
		return nil
	}
	return strings.Split(*text, " ")
}
