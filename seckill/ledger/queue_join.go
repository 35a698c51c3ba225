package ledger

import (
	"context"
	"maps"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/coalesce"
	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

const (
	// joinBatch is the most buyers of one transaction: all of them count up one row.
	joinBatch    = 256
	joinBacklog  = 8_192
	joinPatience = 10 * time.Second
)

// Why a number has nobody any more.
const (
	gapLeft  = "left"
	gapAgain = "again" // its buyer has joined anew
)

type placeRow struct {
	SaleID   int64
	Buyer    string
	Number   int64
	State    string
	JoinedAt int64
	TurnEnds int64
}

func (r placeRow) place() seckill.Place {
	p := seckill.Place{SaleID: seckill.ID(r.SaleID), Buyer: r.Buyer, Number: r.Number, State: seckill.PlaceState(r.State), JoinedAt: seckill.UnixMilli(r.JoinedAt)}
	if r.TurnEnds != 0 {
		p.Until = seckill.UnixMilli(r.TurnEnds)
	}
	return p
}

// placed is what became of one who asks for a place.
type placed struct {
	place seckill.Place
	isNew bool
	err   error
}

func (l *Ledger) newJoinLane() *coalesce.Lanes[seckill.ID, string, placed] {
	return coalesce.New(coalesce.Config[seckill.ID, string, placed]{
		Batch: joinBatch, Workers: 1, Limit: joinBacklog, Run: l.joinTogether,
		Unknown: "it is not known whether you have a place; join again",
	})
}

// newLookLane brings those together who ask for their places: of a crowd that waits, many
// do at once.
func (l *Ledger) newLookLane() *coalesce.Lanes[seckill.ID, string, placed] {
	return coalesce.New(coalesce.Config[seckill.ID, string, placed]{
		Batch: joinBatch, Workers: 1, Limit: joinBacklog, Run: l.lookTogether,
		Unknown: "your place could not be read; ask again",
	})
}

// JoinQueue gives a buyer a place in the queue of a sale: by the shuffle until the queue
// opens, and the last one then. Who has one that is still open keeps it, and isNew is
// false. The commit is on disk when it returns.
func (l *Ledger) JoinQueue(ctx context.Context, sale seckill.ID, buyer string) (p seckill.Place, isNew bool, err error) {
	out, err := l.joins.Do(ctx, sale, buyer)
	if err != nil {
		return p, false, err
	}
	return out.place, out.isNew, out.err
}

// Place reads a buyer's place in a queue; seckill.CodeNotFound where there is none.
func (l *Ledger) Place(ctx context.Context, sale seckill.ID, buyer string) (seckill.Place, error) {
	out, err := l.looks.Do(ctx, sale, buyer)
	if err != nil {
		return seckill.Place{}, err
	}
	return out.place, out.err
}

func noTurn() error {
	return seckill.Errorf(seckill.CodeNotFound, "you have no place in the queue of this sale")
}

func (l *Ledger) lookTogether(sale seckill.ID, buyers []string) []placed {
	ctx, cancel := context.WithTimeout(context.Background(), joinPatience)
	defer cancel()
	var known map[string]seckill.Place
	err := l.db.Read(ctx, func(db *gorm.DB) (err error) {
		known, err = placesOf(db, sale, buyers)
		return err
	})
	results := make([]placed, len(buyers))
	for i, buyer := range buyers {
		p, there := known[buyer]
		switch {
		case err != nil:
			results[i].err = err
		case !there:
			results[i].err = noTurn()
		default:
			results[i].place = p
		}
	}
	return results
}

// joinTogether gives places to buyers who came together.
func (l *Ledger) joinTogether(sale seckill.ID, buyers []string) []placed {
	ctx, cancel := context.WithTimeout(context.Background(), joinPatience)
	defer cancel()
	known, fresh, err := l.joinAll(ctx, sale, buyers)
	if len(fresh) == 0 && len(known) > 0 { // another process has made them, maybe a moment ago
		if undurable := l.Durable(ctx); undurable != nil {
			known, err = nil, undurable
		}
	}
	results := make([]placed, len(buyers))
	for i, buyer := range buyers {
		if p, there := known[buyer]; there && p.State.Open() {
			results[i] = placed{place: p, isNew: fresh[buyer]}
			delete(fresh, buyer) // of clicks that came together the first has made the place
		} else {
			results[i].err = err
		}
	}
	return results
}

// joinAll gives the places that the buyers have now, and who of them has a new one; after an
// error those that they had before.
func (l *Ledger) joinAll(ctx context.Context, sale seckill.ID, buyers []string) (known map[string]seckill.Place, fresh map[string]bool, err error) {
	// Most clicks are of those who have a place, and change nothing.
	err = l.db.Read(ctx, func(db *gorm.DB) error {
		known, err = placesOf(db, sale, buyers)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	lacking := withoutPlace(known, buyers)
	if len(lacking) == 0 {
		return known, nil, nil
	}
	var now map[string]seckill.Place
	err = l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		now, fresh, err = l.insertPlaces(tx, sale, lacking)
		return err
	})
	if err != nil {
		return known, nil, err
	}
	maps.Copy(known, now)
	return known, fresh, nil
}

// withoutPlace are the buyers, once each, that have no place which is open.
func withoutPlace(known map[string]seckill.Place, buyers []string) (lacking []string) {
	seen := make(map[string]bool)
	for _, buyer := range buyers {
		if p, there := known[buyer]; (!there || !p.State.Open()) && !seen[buyer] {
			seen[buyer] = true
			lacking = append(lacking, buyer)
		}
	}
	return lacking
}

// insertPlaces gives places to buyers who had none, unless they have one by now. It holds
// the queue's row, by which the queue is opened: a place is shuffled, or behind all that are.
func (l *Ledger) insertPlaces(tx *gorm.DB, sale seckill.ID, buyers []string) (now map[string]seckill.Place, fresh map[string]bool, err error) {
	q, err := loadQueue(tx, sale, l.db.ForUpdate)
	if err != nil {
		return nil, nil, err
	}
	if now, err = placesOf(tx, sale, buyers); err != nil {
		return nil, nil, err
	}
	lacking := withoutPlace(now, buyers)
	if q.Early+q.Arrivals+int64(len(lacking)) > seckill.MaxPlaces {
		return nil, nil, &seckill.Error{Code: seckill.CodeConflict, State: "full", Detail: "The queue is as long as it can be."}
	}
	var again []seckill.Place
	for _, buyer := range lacking {
		if old, there := now[buyer]; there {
			again = append(again, old)
		}
	}
	if err := dropPlaces(tx, sale, again, gapAgain); err != nil {
		return nil, nil, err
	}
	fresh = make(map[string]bool, len(lacking))
	rows := make([][]any, len(lacking))
	at := l.now()
	for i, buyer := range lacking {
		p := seckill.Place{SaleID: sale, Buyer: buyer, State: seckill.PlaceWaiting, JoinedAt: seckill.UnixMilli(at)}
		if q.OpenedAt.IsZero() {
			p.Number = seckill.QueueNumber(sale, q.Seed, buyer)
			q.Early++
		} else {
			p.Number = seckill.FirstArrival + q.Arrivals
			q.Arrivals++
		}
		rows[i] = []any{int64(sale), buyer, p.Number, string(p.State), at}
		now[buyer], fresh[buyer] = p, true
	}
	if err := database.InsertMany(tx, "queue_places (sale_id, buyer, number, state, joined_at)", rows); err != nil || len(rows) == 0 {
		return now, fresh, err
	}
	return now, fresh, database.MustChange(tx, 1, "UPDATE queues SET early = ?, arrivals = ? WHERE sale_id = ?", q.Early, q.Arrivals, int64(sale))
}

// dropPlaces takes places away and keeps their numbers, from which all others are counted.
func dropPlaces(tx *gorm.DB, sale seckill.ID, places []seckill.Place, why string) error {
	if len(places) == 0 {
		return nil
	}
	rows, buyers := make([][]any, len(places)), make([]string, len(places))
	for i, p := range places {
		rows[i], buyers[i] = []any{int64(sale), p.Number, why}, p.Buyer
	}
	if err := database.MustChange(tx, len(places), "DELETE FROM queue_places WHERE sale_id = ? AND buyer IN ?", int64(sale), buyers); err != nil {
		return err
	}
	return database.InsertMany(tx, "queue_gaps (sale_id, number, why)", rows)
}

func placesOf(db *gorm.DB, sale seckill.ID, buyers []string) (map[string]seckill.Place, error) {
	var rows []placeRow
	err := db.Raw("SELECT * FROM queue_places WHERE sale_id = ? AND buyer IN ?", int64(sale), buyers).Scan(&rows).Error
	found := make(map[string]seckill.Place, len(rows))
	for _, r := range rows {
		found[r.Buyer] = r.place()
	}
	return found, err
}

// LeaveQueue gives a buyer's place up; seckill.CodeNotFound where there is none. A turn that
// came has passed then, for whoever counts; its pass is out and may still be used.
func (l *Ledger) LeaveQueue(ctx context.Context, sale seckill.ID, buyer string) error {
	return l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		q, err := loadQueue(tx, sale, l.db.ForUpdate)
		if err != nil {
			return err
		}
		found, err := placesOf(tx, sale, []string{buyer})
		if err != nil {
			return err
		}
		p, there := found[buyer]
		switch {
		case !there:
			return noTurn()
		case p.State == seckill.PlaceCalled:
			_, err := database.Exec(tx, "UPDATE queue_places SET state = ? WHERE sale_id = ? AND buyer = ?", string(seckill.PlaceLapsed), int64(sale), buyer)
			return err
		case p.State != seckill.PlaceWaiting:
			return nil
		case q.OpenedAt.IsZero():
			if err := database.MustChange(tx, 1, "DELETE FROM queue_places WHERE sale_id = ? AND buyer = ?", int64(sale), buyer); err != nil {
				return err
			}
			return database.MustChange(tx, 1, "UPDATE queues SET early = early - 1 WHERE sale_id = ?", int64(sale))
		}
		return dropPlaces(tx, sale, []seckill.Place{p}, gapLeft)
	})
}
