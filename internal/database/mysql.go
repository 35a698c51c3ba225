package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"github.com/go-sql-driver/mysql"
	gormmysql "gorm.io/driver/mysql"
	"gorm.io/gorm"
)

const (
	mysqlDialTimeout  = 5 * time.Second
	mysqlReadTimeout  = 30 * time.Second
	mysqlWriteTimeout = 30 * time.Second
	// mysqlLockWait bounds, in seconds, how long a statement waits for a row;
	// the server's default of 50 s is longer than any caller waits.
	mysqlLockWait = "5"
)

var mysqlDialect = &Dialect{
	Name:                 "mysql",
	ForUpdate:            " FOR UPDATE",
	ForShare:             " LOCK IN SHARE MODE", // MariaDB knows no other words for it
	ByPrimary:            " FORCE INDEX (PRIMARY)",
	NowMillis:            "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)",
	Greatest:             "GREATEST",
	Least:                "LEAST",
	Sharing:              2,
	VisibleBeforeDurable: true,
	SkipDuplicates: func(table, column string) string {
		return fmt.Sprintf(" ON DUPLICATE KEY UPDATE %s.%s = %s.%s", table, column, table, column)
	},
	Snapshot:      &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
	IsDuplicate:   func(err error) bool { return isMySQL(err, 1062) },
	IsRetryable:   func(err error) bool { return isMySQL(err, 1205, 1213) },
	IsUnavailable: mysqlUnavailable,
	IsNoTable:     func(err error) bool { return isMySQL(err, 1146) },
	IsDamaged:     func(error) bool { return false }, // its administrator's affair, while the server answers
}

// openMySQL prepares a database of a MySQL or MariaDB server, which need not be there
// yet. The DSN is in go-sql-driver's form and names the database. Settings of the
// session that statements rely on are set whatever it says.
func openMySQL(cfg Config) (*DB, error) {
	dsn, err := mysql.ParseDSN(cfg.DSN)
	if err != nil {
		// The parser's message never holds the DSN, so no password either.
		return nil, fmt.Errorf("DSN of mysql: %w", err)
	}
	if dsn.DBName == "" {
		return nil, errors.New("the DSN of mysql names no database")
	}
	pool, err := mysqlPool(dsn, mysqlReadTimeout)
	if err != nil {
		return nil, err
	}
	limitPool(pool, cfg.MaxOpen)
	// A failover moves the address: connections must not live for ever.
	pool.SetConnMaxLifetime(30 * time.Minute)
	// No RETURNING (MariaDB would get it): RowsAffected must count rows.
	db, err := gorm.Open(gormmysql.New(gormmysql.Config{
		Conn:                      pool,
		SkipInitializeWithVersion: true,
		DisableWithReturning:      true,
	}), gormConfig(cfg))
	if err != nil {
		return nil, err
	}
	return &DB{Dialect: mysqlDialect, Writes: db, Reads: db, server: mysqlServer{cfg: dsn}}, nil
}

// mysqlPool makes a pool whose connections are set up as statements need them,
// whatever the DSN said.
func mysqlPool(dsn *mysql.Config, readTimeout time.Duration) (*sql.DB, error) {
	cfg := dsn.Clone()
	cfg.ParseTime = true
	cfg.Loc = time.UTC
	cfg.ClientFoundRows = false // an update that changes nothing must count as nothing
	cfg.MultiStatements = false
	cfg.AllowAllFiles = false
	cfg.InterpolateParams = true // saves the round trip of a prepare
	cfg.RejectReadOnly = true    // after a failover, leave the old primary
	cfg.CheckConnLiveness = true
	cfg.Logger = &mysql.NopLogger{} // it says nothing that the errors don't
	if err := cfg.Apply(mysql.Charset("utf8mb4", "utf8mb4_bin")); err != nil {
		return nil, fmt.Errorf("DSN of mysql: %w", err)
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = mysqlDialTimeout
	}
	if cfg.WriteTimeout == 0 {
		cfg.WriteTimeout = mysqlWriteTimeout
	}
	cfg.ReadTimeout = readTimeout
	setMySQLSession(cfg)
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("DSN of mysql: %w", err)
	}
	return sql.OpenDB(readCommitted{connector}), nil
}

func setMySQLSession(cfg *mysql.Config) {
	params := map[string]string{"innodb_lock_wait_timeout": mysqlLockWait}
	for name, value := range cfg.Params {
		params[name] = value
	}
	for _, name := range []string{"tx_isolation", "transaction_isolation", "tx_read_only", "transaction_read_only"} {
		delete(params, name)
	}
	params["autocommit"] = "1"
	params["sql_mode"] = "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO'"
	params["time_zone"] = "'+00:00'" // UNIX_TIMESTAMP(NOW()) must not meet a change of the hour
	cfg.Params = params
}

// readCommitted sets the isolation level on each new connection: under the
// default, REPEATABLE READ, the inserts of two settlers would lock gaps against
// each other. It is a statement of its own since the variable's name differs
// between MySQL and MariaDB.
type readCommitted struct{ driver.Connector }

func (c readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	execer, ok := conn.(driver.ExecerContext)
	if !ok {
		return nil, errors.Join(errors.New("the mysql driver cannot execute on a connection"), conn.Close())
	}
	if _, err := execer.ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

func isMySQL(err error, numbers ...uint16) bool {
	var e *mysql.MySQLError
	return errors.As(err, &e) && slices.Contains(numbers, e.Number)
}

// mysqlUnavailable tells whether the server is not there, is going away, or has
// no room for us right now.
func mysqlUnavailable(err error) bool {
	var network net.Error
	switch {
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, mysql.ErrInvalidConn), errors.Is(err, sql.ErrConnDone),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &network):
		return true
	}
	return isMySQL(err,
		1021, 1114, // disk or table full
		1040, 1203, 1226, // too many connections
		1053, 1077, 1079, 1927, // shutting down, killed
		1152, 1158, 1159, 1160, 1161, 1184, // broken connection
		1290, 1792, 1836, // read only
		1317, 1969, 3024, // interrupted, took too long
	)
}
