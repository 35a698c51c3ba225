package ledger

import "database/sql"

// dialect is what differs between MySQL and SQLite in the statements.
type dialect struct {
	// forUpdate ends a SELECT that locks its rows. SQLite needs none: its
	// transactions are BEGIN IMMEDIATE, so there is one writer at a time.
	forUpdate string
	// forShare ends a SELECT whose rows must stay as they are until the commit.
	forShare string
	// byPrimary follows a table name where the rows must be locked in the order
	// of the primary key.
	byPrimary string
	// nowMillis is the server's clock in unix milliseconds.
	nowMillis string
	// greatest and least name the functions over two values.
	greatest, least string
	// skipDuplicates ends an INSERT so that a row that is there already is left
	// alone and not counted. It names the table and one of its key columns.
	skipDuplicates func(table, column string) string
	// snapshot opens a transaction whose reads all see one moment.
	snapshot *sql.TxOptions
	// sharing is how many transactions at once, each shared by all that waits, make
	// the most of the engine: while they commit, the next ones fill up.
	sharing int
	// visibleBeforeDurable says that others can read a commit that a crash of the
	// server may still undo.
	visibleBeforeDurable bool
	// detached says that a statement, once begun, must not be interrupted.
	detached bool

	isDuplicate   func(error) bool
	isRetryable   func(error) bool
	isUnavailable func(error) bool
	isNoTable     func(error) bool
	isDamaged     func(error) bool
}
