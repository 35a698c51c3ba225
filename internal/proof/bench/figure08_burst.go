package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seckill-go/seckill/internal/load"
)

// The second that a sale is made for: a burst, and how soon its last order is
// payable.
var figure8 = figure{
	number: 8,
	rows: []row{{what: "20,000 orders as fast as they come, from the first request until the last is payable, against plain multi-row inserts of their rows (orders, lines, stock history; 500 rows a statement, each committed, one connection)",
		unit: "orders/s", goal: goal{atLeast: 0.4}}},
	round: func(ctx context.Context, l *Lab) (_ []reading, err error) {
		s, err := l.whole(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, s.end(ctx)) }()
		warm, err := l.buy(ctx, s.web.url, s.id, func(c *load.Config) { c.Duration = l.Warm })
		if err != nil {
			return nil, err
		}
		if err := s.settled(ctx); err != nil {
			return nil, err
		}
		r, err := l.buy(ctx, s.web.url, s.id, func(c *load.Config) { c.Count, c.Duration = burst, 0 })
		if err != nil {
			return nil, err
		}
		if err := s.settled(ctx); err != nil {
			return nil, err
		}
		ours := burst / time.Since(r.Began).Seconds()
		if err := errors.Join(only(r, ""), s.kept(ctx, 1+warm.Accepted+burst)); err != nil {
			return nil, err
		}
		took, err := l.plainInserts(ctx, s.name, burst)
		return []reading{{ours, burst / took.Seconds()}}, err
	},
}

const (
	burst       = 20_000
	insertBatch = 500
)

// plainInserts writes the rows of the newest orders once more, into tables like
// theirs, and tells how long that takes.
func (l *Lab) plainInserts(ctx context.Context, database string, orders int) (took time.Duration, err error) {
	cfg, err := l.mysqlConfig(database)
	if err != nil {
		return 0, err
	}
	db, err := sql.Open("mysql", cfg.FormatDSN())
	if err != nil {
		return 0, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, t := range []struct{ table, id string }{{"orders", "id"}, {"order_lines", "order_id"}, {"stock_history", "order_id"}} {
		columns, rows, err := readRows(ctx, db, fmt.Sprintf("SELECT * FROM %s ORDER BY %s DESC LIMIT %d", t.table, t.id, orders))
		if err != nil {
			return 0, err
		}
		slices.Reverse(rows) // as they came, and as the primary key wants them
		if _, err := db.ExecContext(ctx, "CREATE TABLE plain_"+t.table+" LIKE "+t.table); err != nil {
			return 0, err
		}
		d, err := insertRows(ctx, db, "plain_"+t.table, columns, rows)
		if err != nil {
			return 0, err
		}
		took += d
	}
	return took, nil
}

func readRows(ctx context.Context, db *sql.DB, query string) (columns []string, values [][]any, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	if columns, err = rows.Columns(); err != nil {
		return nil, nil, err
	}
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, nil, err
		}
		values = append(values, row)
	}
	return columns, values, rows.Err()
}

// insertRows inserts full statements alone, prepared once; the number of rows is a
// multiple of their size.
func insertRows(ctx context.Context, db *sql.DB, table string, columns []string, rows [][]any) (time.Duration, error) {
	one := "(?" + strings.Repeat(",?", len(columns)-1) + ")"
	insert, err := db.PrepareContext(ctx, "INSERT INTO "+table+" ("+strings.Join(columns, ",")+") VALUES "+one+strings.Repeat(","+one, insertBatch-1))
	if err != nil {
		return 0, err
	}
	defer insert.Close()
	began := time.Now()
	for part := range slices.Chunk(rows, insertBatch) {
		if _, err := insert.ExecContext(ctx, slices.Concat(part...)...); err != nil {
			return 0, err
		}
	}
	return time.Since(began), nil
}
