package database

import "database/sql"

// Dialect is what differs between MySQL and SQLite in statements and transactions.
type Dialect struct {
	// Name is mysql or sqlite.
	Name string
	// ForUpdate ends a SELECT that locks its rows. SQLite needs none: its
	// transactions are BEGIN IMMEDIATE, so there is one writer at a time.
	ForUpdate string
	// ForShare ends a SELECT whose rows must stay as they are until the commit.
	ForShare string
	// ByPrimary follows a table name where the rows must be locked in the order
	// of the primary key.
	ByPrimary string
	// NowMillis is the server's clock in unix milliseconds.
	NowMillis string
	// Greatest and Least name the functions over two values.
	Greatest, Least string
	// SkipDuplicates ends an INSERT so that a row that is there already is left
	// alone and not counted. It names the table and one of its key columns.
	SkipDuplicates func(table, column string) string
	// Snapshot opens a transaction whose reads all see one moment.
	Snapshot *sql.TxOptions
	// Sharing is how many transactions at once, each shared by all that waits, make
	// the most of the engine: while they commit, the next ones fill up.
	Sharing int
	// VisibleBeforeDurable says that others can read a commit that a crash of the
	// server may still undo.
	VisibleBeforeDurable bool
	// Detached says that a statement, once begun, must not be interrupted.
	Detached bool

	// IsDuplicate tells of an error that a unique key was there already.
	IsDuplicate func(error) bool
	// IsRetryable tells of a deadlock or of a lock that was waited for too long: the
	// transaction was rolled back, and may work the next time.
	IsRetryable func(error) bool
	// IsUnavailable tells of a server that is not there or takes nothing now.
	IsUnavailable func(error) bool
	// IsNoTable tells of a table that is not there.
	IsNoTable func(error) bool
	// IsDamaged tells of a file that is no database, or is not whole.
	IsDamaged func(error) bool
}
