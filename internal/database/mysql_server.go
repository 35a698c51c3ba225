package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"
	"gorm.io/gorm"
)

// mysqlServer is the database of a MySQL or MariaDB server.
type mysqlServer struct{ cfg *mysql.Config }

var _ server = mysqlServer{}

func (s mysqlServer) place() string {
	return fmt.Sprintf("the database %s at %s", s.cfg.DBName, s.cfg.Addr)
}

func (mysqlServer) describe(db *gorm.DB) (Description, error) {
	d := Description{Product: "MySQL", Settings: map[string]string{}}
	if err := db.Raw("SELECT VERSION()").Scan(&d.Version).Error; err != nil {
		return d, err
	}
	if strings.Contains(d.Version, "MariaDB") {
		d.Product = "MariaDB"
	}
	for _, name := range []string{"innodb_flush_log_at_trx_commit", "log_bin", "sync_binlog"} {
		var value string
		if err := db.Raw("SELECT CAST(@@GLOBAL." + name + " AS CHAR)").Scan(&value).Error; err != nil {
			return d, fmt.Errorf("read %s: %w", name, err)
		}
		d.Settings[name] = value
	}
	return d, nil
}

func (mysqlServer) readOnly(db *gorm.DB) bool {
	var value string
	err := db.Raw("SELECT CAST(@@GLOBAL.read_only AS CHAR)").Scan(&value).Error
	return err == nil && value != "0" && !strings.EqualFold(value, "OFF")
}

// waits are variables of MariaDB's status. MySQL has the deadlocks elsewhere, for users
// with the right PROCESS.
func (mysqlServer) waits(db *gorm.DB) (*Waits, error) {
	var rows []struct {
		Name  string `gorm:"column:Variable_name"`
		Value int64  `gorm:"column:Value"`
	}
	err := db.Raw("SHOW GLOBAL STATUS WHERE Variable_name IN ('Innodb_row_lock_waits','Innodb_deadlocks')").Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	counted := map[string]int64{}
	for _, r := range rows {
		counted[r.Name] = r.Value
	}
	if _, ok := counted["Innodb_deadlocks"]; !ok {
		var deadlocks []int64
		err := db.Raw("SELECT count FROM information_schema.innodb_metrics WHERE name = 'lock_deadlocks'").Scan(&deadlocks).Error
		if err != nil || len(deadlocks) == 0 {
			return nil, nil
		}
		counted["Innodb_deadlocks"] = deadlocks[0]
	}
	return &Waits{Deadlocks: counted["Innodb_deadlocks"], Locks: counted["Innodb_row_lock_waits"]}, nil
}

// beginMigration takes a lock of the server that ends with the connection, so a killed
// process cannot leave it behind. The connections are a pool of their own: an ALTER of
// a large table may take longer than a statement waits for any answer.
func (s mysqlServer) beginMigration(ctx context.Context) (*sql.DB, func() error, error) {
	pool, err := mysqlPool(s.cfg, 0)
	if err != nil {
		return nil, nil, err
	}
	conn, err := pool.Conn(ctx)
	if err == nil {
		err = lockMigration(ctx, conn)
	}
	if err != nil {
		return nil, nil, errors.Join(err, pool.Close())
	}
	return pool, func() error {
		return errors.Join(unlockMigration(conn), pool.Close())
	}, nil
}

// migrationLock names the lock; it holds the database's name, since such locks are the
// whole server's.
const migrationLock = "CONCAT('seckill.migrate.', SHA1(DATABASE()))"

func lockMigration(ctx context.Context, conn *sql.Conn) error {
	for {
		// In short waits, so that a cancelled context is seen.
		var got sql.NullInt64
		err := conn.QueryRowContext(ctx, "SELECT GET_LOCK("+migrationLock+", 5)").Scan(&got)
		if err != nil {
			return errors.Join(fmt.Errorf("lock for the migration: %w", err), conn.Close())
		}
		if got.Int64 == 1 {
			return nil
		}
	}
}

func unlockMigration(conn *sql.Conn) error {
	var released sql.NullInt64
	err := conn.QueryRowContext(context.Background(), "SELECT RELEASE_LOCK("+migrationLock+")").Scan(&released)
	return errors.Join(err, conn.Close())
}
