package database

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
)

// MostInList is the most values of one list in a statement: MariaDB makes a subquery of a
// list of 1,000 (in_predicate_conversion_threshold).
const MostInList = 900

// insertValues bounds the values of one INSERT; SQLite takes 32,766.
const insertValues = 30_000

// Bounded keeps a caller's limit between 1 and most; 0 and less mean most.
func Bounded(limit, most int) int {
	if limit <= 0 || limit > most {
		return most
	}
	return limit
}

// Exec runs a statement and tells how many rows it changed.
func Exec(tx *gorm.DB, statement string, args ...any) (int64, error) {
	result := tx.Exec(statement, args...)
	return result.RowsAffected, result.Error
}

// MustChange runs a statement that has to change exactly the given number of
// rows. If it does not, an invariant is broken, and the transaction must go.
func MustChange(tx *gorm.DB, rows int, statement string, args ...any) error {
	n, err := Exec(tx, statement, args...)
	if err == nil && n != int64(rows) {
		err = WrongCount(n, rows, statement)
	}
	return err
}

// WrongCount is the error of a statement that changed another number of rows than it has to.
func WrongCount(n int64, rows int, statement string) error {
	return fmt.Errorf("%d rows changed instead of %d by: %.120s", n, rows, statement)
}

// InsertMany writes rows of the same columns with few statements.
func InsertMany(tx *gorm.DB, into string, rows [][]any) error {
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
	n, err := ExecMany(tx, statement, values)
	if err == nil && n != int64(len(rows)) {
		err = WrongCount(n, len(rows), statement)
	}
	return err
}

// ExecMany runs a statement with very many values on the transaction beneath GORM,
// which would build the same text anew, value by value.
func ExecMany(tx *gorm.DB, statement string, values []any) (n int64, err error) {
	ctx, began := tx.Statement.Context, time.Now()
	result, err := tx.Statement.ConnPool.ExecContext(ctx, statement, values...)
	if err == nil {
		n, err = result.RowsAffected()
	}
	tx.Logger.Trace(ctx, began, func() (string, int64) { return statement, n }, err)
	return n, err
}
