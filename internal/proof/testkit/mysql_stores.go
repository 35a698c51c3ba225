package testkit

import (
	"context"
	"database/sql"
	"sync"
	"testing"
)

// MySQLStores are databases of the shared server that the tests of a package have one
// after the other: to empty one takes a moment, to make its tables takes seconds.
type MySQLStores struct {
	// Migrate makes the tables of a new database.
	Migrate func(dsn string) error

	mu   sync.Mutex
	free []mysqlStore
	ends []func()
}

type mysqlStore struct {
	dsn    string
	tables []string // those to be emptied
}

// Lend gives a test a database with tables and nothing in them. What the test changes
// of the tables themselves it undoes.
func (s *MySQLStores) Lend(t testing.TB) (dsn string) {
	t.Helper()
	store := s.take(t)
	t.Cleanup(func() {
		if t.Failed() {
			return // it may be in any state; End drops it
		}
		if err := store.empty(); err != nil {
			t.Errorf("empty the test's database: %v", err)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.free = append(s.free, store)
	})
	return store.dsn
}

func (s *MySQLStores) take(t testing.TB) mysqlStore {
	t.Helper()
	s.mu.Lock()
	if n := len(s.free); n > 0 {
		store := s.free[n-1]
		s.free = s.free[:n-1]
		s.mu.Unlock()
		return store
	}
	s.mu.Unlock()
	store := mysqlStore{dsn: MySQL(outliving{t, s})}
	if err := s.Migrate(store.dsn); err != nil {
		t.Fatalf("make the tables of %s: %v", store.dsn, err)
	}
	if err := store.listTables(); err != nil {
		t.Fatalf("list the tables of %s: %v", store.dsn, err)
	}
	return store
}

// End drops all databases; it is for the end of a TestMain.
func (s *MySQLStores) End() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, end := range s.ends {
		end()
	}
	s.ends, s.free = nil, nil
}

// outliving is a test whose clean-up waits for the end of the package.
type outliving struct {
	testing.TB
	stores *MySQLStores
}

func (o outliving) Cleanup(end func()) {
	o.stores.mu.Lock()
	defer o.stores.mu.Unlock()
	o.stores.ends = append(o.stores.ends, end)
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
	ctx, cancel := context.WithTimeout(context.Background(), callWithin)
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
