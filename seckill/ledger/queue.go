package ledger

import (
	"cmp"
	"context"
	"encoding/hex"
	"slices"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

type queueRow struct {
	SaleID                    int64
	Seed, Commitment, PassKey string
	OpenedAt                  *int64
	Paused                    bool
	Early, Arrivals           int64
	CalledTo                  int64
	PaceLow, PaceHigh         float64
}

func (r queueRow) queue() (q seckill.Queue, err error) {
	q = seckill.Queue{SaleID: seckill.ID(r.SaleID), Commitment: r.Commitment, Paused: r.Paused, Early: r.Early, Arrivals: r.Arrivals,
		CalledTo: r.CalledTo, PaceLow: r.PaceLow, PaceHigh: r.PaceHigh}
	if r.OpenedAt != nil {
		q.OpenedAt = seckill.UnixMilli(*r.OpenedAt)
	}
	seed, err := hex.DecodeString(r.Seed)
	key, err2 := hex.DecodeString(r.PassKey)
	q.Seed, q.PassKey = seed, key
	return q, cmp.Or(err, err2)
}

// beginQueue makes the queue of a sale that is loaded for the first time. With it the seed
// is settled that shuffles the places.
func beginQueue(tx *gorm.DB, sale seckill.Sale) error {
	if sale.Entry != seckill.EntryQueue {
		return nil
	}
	seed := seckill.NewQueueKey()
	return database.MustChange(tx, 1, "INSERT INTO queues (sale_id, seed, commitment, pass_key) VALUES (?,?,?,?)",
		int64(sale.ID), hex.EncodeToString(seed), seckill.SeedCommitment(sale.ID, seed), hex.EncodeToString(seckill.NewQueueKey()))
}

// Queue reads the queue of a sale; seckill.CodeNotFound where it has none.
func (l *Ledger) Queue(ctx context.Context, sale seckill.ID) (q seckill.Queue, err error) {
	err = l.db.Read(ctx, func(db *gorm.DB) error {
		q, err = loadQueue(db, sale, "")
		return err
	})
	return q, err
}

func loadQueue(db *gorm.DB, sale seckill.ID, lock string) (q seckill.Queue, err error) {
	var rows []queueRow
	err = db.Raw("SELECT * FROM queues WHERE sale_id = ?"+lock, int64(sale)).Scan(&rows).Error
	if err != nil {
		return q, err
	}
	if len(rows) == 0 {
		return q, seckill.Errorf(seckill.CodeNotFound, "this sale has no queue")
	}
	return rows[0].queue()
}

// QueueNews is a queue, with the numbers of places that nobody has any more, of those which
// were noted since.
type QueueNews struct {
	seckill.Queue
	Gaps []int64
	// Since is where the next reading goes on.
	Since int64
}

// QueueNews reads what has changed of a queue, in one moment. Since 0 is all.
func (l *Ledger) QueueNews(ctx context.Context, sale seckill.ID, since int64) (n QueueNews, err error) {
	err = l.db.ReadSnapshot(ctx, func(tx *gorm.DB) error {
		if n.Queue, err = loadQueue(tx, sale, ""); err != nil {
			return err
		}
		var rows []struct{ ID, Number int64 }
		err := tx.Raw("SELECT id, number FROM queue_gaps WHERE sale_id = ? AND id > ? ORDER BY id", int64(sale), since).Scan(&rows).Error
		n.Gaps, n.Since = make([]int64, len(rows)), since
		for i, r := range rows {
			n.Gaps[i], n.Since = r.Number, r.ID
		}
		return err
	})
	return n, err
}

// Shuffled gives the numbers of all places that were taken before a queue opened, whatever
// became of them, in order. They stay as they are once it is open.
func (l *Ledger) Shuffled(ctx context.Context, sale seckill.ID) (numbers []int64, err error) {
	err = l.db.ReadSnapshot(ctx, func(tx *gorm.DB) error {
		numbers = nil
		return tx.Raw("SELECT number FROM queue_places WHERE sale_id = ? AND number < ? UNION ALL SELECT number FROM queue_gaps WHERE sale_id = ? AND number < ?",
			int64(sale), seckill.FirstArrival, int64(sale), seckill.FirstArrival).Scan(&numbers).Error
	})
	slices.Sort(numbers)
	return numbers, err
}

// QueueCounts is how many places of a queue there are, by what became of them.
type QueueCounts struct {
	Waiting, Called, Served, Lapsed, Left int64
}

// QueueCounts counts places.
func (l *Ledger) QueueCounts(ctx context.Context, sale seckill.ID) (c QueueCounts, err error) {
	var rows []struct {
		State string
		N     int64
	}
	err = l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT state, COUNT(*) AS n FROM queue_places WHERE sale_id = ? GROUP BY state"+
			" UNION ALL SELECT why, COUNT(*) FROM queue_gaps WHERE sale_id = ? GROUP BY why", int64(sale), int64(sale)).Scan(&rows).Error
	})
	for _, r := range rows {
		switch r.State {
		case string(seckill.PlaceWaiting):
			c.Waiting = r.N
		case string(seckill.PlaceCalled):
			c.Called = r.N
		case string(seckill.PlaceServed):
			c.Served = r.N
		case string(seckill.PlaceLapsed):
			c.Lapsed = r.N
		case gapLeft:
			c.Left = r.N
		}
	}
	return c, err
}
