package stores

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// lent are the databases that the tests of this process share: to empty one takes a
// moment, to make its tables takes seconds.
var lent struct {
	sync.Mutex
	free []mysqlStore
	ends []func()
}

// emptiesWithin is far longer than it takes on a slow machine.
const emptiesWithin = time.Minute

type mysqlStore struct {
	dsn    string
	tables []string // those to be emptied
}

// MySQL lends a test a database of the shared server. What the test changes of the
// tables themselves it undoes.
func MySQL(t testing.TB) (dsn string) {
	t.Helper()
	store := take(t)
	t.Cleanup(func() {
		if t.Failed() {
			return // it may be in any state; end drops it
		}
		if err := store.empty(); err != nil {
			t.Errorf("empty the test's database: %v", err)
			return
		}
		lent.Lock()
		defer lent.Unlock()
		lent.free = append(lent.free, store)
	})
	return store.dsn
}

func take(t testing.TB) mysqlStore {
	t.Helper()
	lent.Lock()
	if n := len(lent.free); n > 0 {
		store := lent.free[n-1]
		lent.free = lent.free[:n-1]
		lent.Unlock()
		return store
	}
	lent.Unlock()
	store := mysqlStore{dsn: testkit.MySQL(outliving{t})}
	if err := migrate(database.MySQL, store.dsn); err != nil {
		t.Fatalf("make the tables of %s: %v", store.dsn, err)
	}
	if err := store.listTables(); err != nil {
		t.Fatalf("list the tables of %s: %v", store.dsn, err)
	}
	return store
}

// end drops all databases of MySQL.
func end() {
	lent.Lock()
	defer lent.Unlock()
	for _, drop := range lent.ends {
		drop()
	}
	lent.ends, lent.free = nil, nil
}

// outliving is a test whose clean-up waits for the end of the package.
type outliving struct{ testing.TB }

func (outliving) Cleanup(drop func()) {
	lent.Lock()
	defer lent.Unlock()
	lent.ends = append(lent.ends, drop)
}

func (m *mysqlStore) listTables() error {
	return m.do(func(ctx context.Context, c *sql.Conn) error {
		rows, err := c.QueryContext(ctx, "SHOW TABLES")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				return err
			}
			if name != "goose_db_version" { // the tables stay, and so does their version
				m.tables = append(m.tables, name)
			}
		}
		return rows.Err()
	})
}

// empty deletes all rows in one transaction, which costs one write to the disk.
func (m *mysqlStore) empty() error {
	return m.do(func(ctx context.Context, c *sql.Conn) error {
		statements := []string{"SET foreign_key_checks = 0", "START TRANSACTION"}
		for _, table := range m.tables {
			statements = append(statements, "DELETE FROM "+table)
		}
		for _, statement := range append(statements, "COMMIT") {
			if _, err := c.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

func (m *mysqlStore) do(work func(context.Context, *sql.Conn) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), emptiesWithin)
	defer cancel()
	db, err := sql.Open("mysql", m.dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	return work(ctx, c)
}
