package chaos

import (
	"context"
	"database/sql"
	"fmt"
)

// Commitment is what a draw is bound by.
type Commitment struct {
	Sale, Root string
	Entries    int64
	Round      uint64
}

// DrawRow is a row of draws; before it is committed its Root is empty.
type DrawRow struct {
	Commitment
	State string
	// Unplaced is how many of its ranks are not in the waitlist.
	Unplaced int64
}

// EntryRow is a row of draw_entries, with its rank; 0: none yet.
type EntryRow struct {
	Sale, Buyer, SKU, Salt, Hash, Order string
	Rank                                int64
}

func readDraws(ctx context.Context, tx *sql.Tx, s *State) error {
	return each(ctx, tx, "SELECT sale_id, root, entries, round, state, (SELECT COALESCE(SUM(i.entries - i.placed), 0) FROM draw_items i WHERE i.sale_id = d.sale_id)"+
		" FROM draws d", func(r *sql.Rows) error {
		var d DrawRow
		err := r.Scan(&d.Sale, &d.Root, &d.Entries, &d.Round, &d.State, &d.Unplaced)
		s.Draws = append(s.Draws, d)
		return err
	})
}

func readEntries(ctx context.Context, tx *sql.Tx, s *State) error {
	return each(ctx, tx, "SELECT e.sale_id, e.buyer, e.sku, e.salt, e.hash, e.order_id, COALESCE(r.place, 0) FROM draw_entries e"+
		" LEFT JOIN draw_ranks r ON r.sale_id = e.sale_id AND r.buyer = e.buyer ORDER BY e.sale_id, e.sku, r.place", func(r *sql.Rows) error {
		var e EntryRow
		err := r.Scan(&e.Sale, &e.Buyer, &e.SKU, &e.Salt, &e.Hash, &e.Order, &e.Rank)
		s.Entries = append(s.Entries, e)
		return err
	})
}

// drawUnrest tells of draws that are not drawn, or whose ranks are not all in the waitlist.
func (s State) drawUnrest() string {
	for _, d := range s.Draws {
		if d.State != "drawn" || d.Unplaced > 0 {
			return fmt.Sprintf("the draw of sale %s is %s, %d ranks are not in the waitlist", d.Sale, d.State, d.Unplaced)
		}
	}
	return ""
}
