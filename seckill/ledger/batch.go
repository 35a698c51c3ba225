package ledger

import (
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

const (
	// batchRows is the most orders of one transaction, and the most ids of one
	// statement: MariaDB makes a subquery of a list of 1,000
	// (in_predicate_conversion_threshold).
	batchRows = 900
	// insertValues bounds the values of one INSERT; SQLite takes 32,766.
	insertValues = 30_000
)

// insertMany writes rows of the same columns with few statements.
func insertMany(tx *gorm.DB, into string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	for chunk := range slices.Chunk(rows, insertValues/len(rows[0])) {
		if err := insertChunk(tx, into, chunk); err != nil {
			return err
		}
	}
	return nil
}

func insertChunk(tx *gorm.DB, into string, rows [][]any) error {
	columns := len(rows[0])
	one := "(?" + strings.Repeat(",?", columns-1) + ")"
	values := make([]any, 0, len(rows)*columns)
	for _, row := range rows {
		values = append(values, row...)
	}
	statement := "INSERT INTO " + into + " VALUES " + one + strings.Repeat(","+one, len(rows)-1)
	n, err := execMany(tx, statement, values)
	if err == nil && n != int64(len(rows)) {
		err = wrongCount(n, len(rows), statement)
	}
	return err
}

// execMany runs a statement with very many values on the transaction beneath GORM,
// which would build the same text anew, value by value.
func execMany(tx *gorm.DB, statement string, values []any) (n int64, err error) {
	ctx, began := tx.Statement.Context, time.Now()
	result, err := tx.Statement.ConnPool.ExecContext(ctx, statement, values...)
	if err == nil {
		n, err = result.RowsAffected()
	}
	tx.Logger.Trace(ctx, began, func() (string, int64) { return statement, n }, err)
	return n, err
}

// chunks cuts a list into pieces that fit one transaction or statement.
func chunks[T any](list []T) [][]T {
	return slices.Collect(slices.Chunk(list, batchRows))
}

// numbers makes ids what the drivers take without a conversion.
func numbers(ids []seckill.ID) []int64 {
	out := make([]int64, len(ids))
	for i, id := range ids {
		out[i] = int64(id)
	}
	return out
}

func toIDs(numbers []int64) []seckill.ID {
	out := make([]seckill.ID, len(numbers))
	for i, n := range numbers {
		out[i] = seckill.ID(n)
	}
	return out
}

// bounded keeps a caller's limit between 1 and most; 0 and less mean most.
func bounded(limit, most int) int {
	if limit <= 0 || limit > most {
		return most
	}
	return limit
}
