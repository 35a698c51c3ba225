package database_test

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/proof/stores"
	"github.com/seckill-go/seckill/seckill"
)

func TestMain(m *testing.M) { stores.Main(m) }

func TestWhatCannotWorkIsRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]database.Config{
		"no driver":         {DSN: "x"},
		"other driver":      {Driver: "postgres", DSN: "x"},
		"no database":       {Driver: database.MySQL, DSN: "u:secret-word@tcp(h:1)/"},
		"no DSN":            {Driver: database.MySQL, DSN: "u:secret-word@nonsense"},
		"no path":           {Driver: database.SQLite},
		"in memory":         {Driver: database.SQLite, DSN: ":memory:"},
		"a URI":             {Driver: database.SQLite, DSN: "file:x.db?mode=memory"},
		"no such folder":    {Driver: database.SQLite, DSN: filepath.Join(t.TempDir(), "no", "such", "x.db")},
		"one connection":    {Driver: database.SQLite, DSN: filepath.Join(t.TempDir(), "x.db"), MaxOpen: 1},
		"no database file":  {Driver: database.SQLite, DSN: t.TempDir()},
		"negative pool":     {Driver: database.MySQL, DSN: "u:p@tcp(h:1)/d", MaxOpen: -1},
		"unknown parameter": {Driver: database.MySQL, DSN: "u:secret-word@tcp(h:1)/d?loc=Nowhere"},
	} {
		_, err := database.Open(cfg)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "secret-word", name)
	}
}

// A DSN is written by hand; no parameter in it may change what the statements
// rely on.
func TestADSNCannotChangeWhatStatementsRelyOn(t *testing.T) {
	t.Parallel()
	cfg, err := mysql.ParseDSN(stores.MySQL(t))
	require.NoError(t, err)
	cfg.ClientFoundRows, cfg.ParseTime, cfg.MultiStatements = true, false, true
	cfg.Loc = time.Local
	cfg.Params = map[string]string{
		"sql_mode": "''", "autocommit": "0", "time_zone": "'+08:00'", "tx_isolation": "'SERIALIZABLE'", "tx_read_only": "1",
	}
	cfg.Collation = "latin1_swedish_ci"
	db := stores.Open(t, database.MySQL, cfg.FormatDSN())

	// The isolation level has another name in MySQL than in MariaDB.
	var session []struct{ Name, Value string }
	require.NoError(t, db.Writes.Raw("SELECT LOWER(VARIABLE_NAME) AS name, VARIABLE_VALUE AS value"+
		" FROM "+variablesTable(t, db)+" WHERE LOWER(VARIABLE_NAME) IN"+
		" ('sql_mode', 'time_zone', 'tx_isolation', 'transaction_isolation', 'collation_connection')").Scan(&session).Error)
	require.Len(t, session, 4)
	for _, v := range session {
		want := map[string]string{"time_zone": "+00:00", "tx_isolation": "READ-COMMITTED",
			"transaction_isolation": "READ-COMMITTED", "collation_connection": "utf8mb4_bin"}[v.Name]
		if v.Name == "sql_mode" {
			require.Contains(t, v.Value, "STRICT_ALL_TABLES")
			continue
		}
		require.Equal(t, want, v.Value, v.Name)
	}

	require.NoError(t, takeLease(db.Writes, "税 🐉", 1))
	result := db.Writes.Exec("UPDATE leases SET until_ms = until_ms")
	require.NoError(t, result.Error)
	require.Zero(t, result.RowsAffected, "an update that changes nothing counts nothing")
	require.EqualValues(t, 1, count(t, db, "SELECT COUNT(*) FROM leases WHERE name = ?", "税 🐉"))
}

// The table of leases stands for any.
func takeLease(tx *gorm.DB, name string, until int64) error {
	return tx.Exec("INSERT INTO leases (name, owner, until_ms) VALUES (?, 'x', ?)", name, until).Error
}

func count(t *testing.T, db *database.DB, query string, args ...any) (n int64) {
	t.Helper()
	require.NoError(t, db.Reads.Raw(query, args...).Scan(&n).Error)
	return n
}

func variablesTable(t *testing.T, db *database.DB) string {
	if count(t, db, "SELECT VERSION() LIKE '%MariaDB%'") == 1 {
		return "information_schema.SESSION_VARIABLES"
	}
	return "performance_schema.session_variables"
}

func TestSlowStatementsAreLoggedWithoutTheirValues(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	db, err := database.Open(database.Config{Driver: database.SQLite, DSN: stores.SQLite(t), SlowQuery: time.Nanosecond,
		Logger: slog.New(slog.NewTextHandler(&out, nil))})
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.WriteOne(t.Context(), "UPDATE leases SET owner = ?", "secret-word"))
	require.Contains(t, out.String(), "slow query")
	require.Contains(t, out.String(), "UPDATE leases SET owner = ?")
	require.NotContains(t, out.String(), "secret-word")
}

func TestADatabasesClockIsRead(t *testing.T) {
	stores.OnEach(t, func(t *testing.T, driver string) {
		db := stores.Open(t, driver, stores.New(t, driver))
		before := time.Now().UnixMilli()
		now := count(t, db, "SELECT "+db.NowMillis)
		// The servers of tests run on this machine.
		require.InDelta(t, before, now, float64(time.Minute.Milliseconds()))
	})
}

func TestTheDatabaseTellsOfItself(t *testing.T) {
	stores.OnEach(t, func(t *testing.T, driver string) {
		s, err := stores.Open(t, driver, stores.New(t, driver)).Describe(t.Context())
		require.NoError(t, err)
		require.NotEmpty(t, s.Version)
		if s.Product == "SQLite" {
			require.Equal(t, map[string]string{"journal_mode": "wal", "synchronous": "full"}, s.Settings)
			return
		}
		require.Contains(t, []string{"0", "1", "2"}, s.Settings["innodb_flush_log_at_trx_commit"])
		require.Contains(t, s.Settings, "log_bin")
	})
}

func TestNoServerAtAllIsUnavailable(t *testing.T) {
	t.Parallel()
	db, err := database.Open(database.Config{Driver: database.MySQL, DSN: "u:secret-word@tcp(127.0.0.1:1)/d"})
	require.NoError(t, err, "opening does not need the server")
	err = db.Ping(t.Context())
	require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(err))
	require.NotContains(t, err.Error(), "secret-word")
	require.NoError(t, db.Close())
	require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(db.Ping(t.Context())), "a closed database")
}

func TestAClosedFileIsUnavailable(t *testing.T) {
	t.Parallel()
	db, err := database.Open(database.Config{Driver: database.SQLite, DSN: filepath.Join(t.TempDir(), "x.db")})
	require.NoError(t, err)
	require.NoError(t, db.Close())
	require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(db.Ping(t.Context())))
}
