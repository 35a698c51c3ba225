package chaos

import (
	"context"
	"database/sql"
)

// QueueRow is a row of queues.
type QueueRow struct {
	Sale, Seed      string
	Opened          bool
	Early, Arrivals int64
	CalledTo        int64
}

// PlaceRow is a row of queue_places.
type PlaceRow struct {
	Sale, Buyer, State string
	Number             int64
}

func readQueues(ctx context.Context, tx *sql.Tx, s *State) error {
	return each(ctx, tx, "SELECT sale_id, seed, opened_at IS NOT NULL, early, arrivals, called_to FROM queues", func(r *sql.Rows) error {
		var q QueueRow
		err := r.Scan(&q.Sale, &q.Seed, &q.Opened, &q.Early, &q.Arrivals, &q.CalledTo)
		s.Queues = append(s.Queues, q)
		return err
	})
}

func readPlaces(ctx context.Context, tx *sql.Tx, s *State) error {
	return each(ctx, tx, "SELECT sale_id, buyer, state, number FROM queue_places", func(r *sql.Rows) error {
		var p PlaceRow
		err := r.Scan(&p.Sale, &p.Buyer, &p.State, &p.Number)
		s.Places = append(s.Places, p)
		return err
	})
}
