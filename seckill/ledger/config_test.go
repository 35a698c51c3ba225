package ledger

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seckill-go/seckill/seckill"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		mysqlStores.End()
		os.Exit(code)
	}))
}

func TestWhatCannotWorkIsRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{
		"no driver":         {DSN: "x"},
		"other driver":      {Driver: "postgres", DSN: "x"},
		"no database":       {Driver: DriverMySQL, DSN: "u:secret-word@tcp(h:1)/"},
		"no DSN":            {Driver: DriverMySQL, DSN: "u:secret-word@nonsense"},
		"no path":           {Driver: DriverSQLite},
		"in memory":         {Driver: DriverSQLite, DSN: ":memory:"},
		"a URI":             {Driver: DriverSQLite, DSN: "file:x.db?mode=memory"},
		"no such folder":    {Driver: DriverSQLite, DSN: filepath.Join(t.TempDir(), "no", "such", "x.db")},
		"one connection":    {Driver: DriverSQLite, DSN: filepath.Join(t.TempDir(), "x.db"), MaxOpen: 1},
		"no database file":  {Driver: DriverSQLite, DSN: t.TempDir()},
		"negative pool":     {Driver: DriverMySQL, DSN: "u:p@tcp(h:1)/d", MaxOpen: -1},
		"unknown parameter": {Driver: DriverMySQL, DSN: "u:secret-word@tcp(h:1)/d?loc=Nowhere"},
	} {
		_, err := Open(cfg)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "secret-word", name)
	}
}

// A DSN is written by hand; no parameter in it may change what the statements
// rely on.
func TestADSNCannotChangeWhatTheLedgerReliesOn(t *testing.T) {
	t.Parallel()
	cfg, err := mysql.ParseDSN(mysqlStores.Lend(t))
	require.NoError(t, err)
	cfg.ClientFoundRows, cfg.ParseTime, cfg.MultiStatements = true, false, true
	cfg.Loc = time.Local
	cfg.Params = map[string]string{
		"sql_mode": "''", "autocommit": "0", "time_zone": "'+08:00'", "tx_isolation": "'SERIALIZABLE'", "tx_read_only": "1",
	}
	cfg.Collation = "latin1_swedish_ci"
	f := over(t, DriverMySQL, cfg.FormatDSN())

	// The isolation level has another name in MySQL than in MariaDB.
	var session []struct{ Name, Value string }
	require.NoError(t, f.engine.Writes.Raw("SELECT LOWER(VARIABLE_NAME) AS name, VARIABLE_VALUE AS value"+
		" FROM "+variablesTable(f)+" WHERE LOWER(VARIABLE_NAME) IN"+
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

	sale := f.sale(map[string]int64{"a": 1})
	result := f.engine.Writes.Exec("UPDATE items SET total = total WHERE sale_id = ?", int64(sale.ID))
	require.NoError(t, result.Error)
	require.Zero(t, result.RowsAffected, "an update that changes nothing counts nothing")
	o := f.order(sale, 1)
	o.Buyer = "买家 🐉"
	f.settle(o)
	require.Equal(t, seckill.OrderAwaitingPayment, f.status(o.ID))
}

func variablesTable(f *fixture) string {
	if f.count("SELECT VERSION() LIKE '%MariaDB%'") == 1 {
		return "information_schema.SESSION_VARIABLES"
	}
	return "performance_schema.session_variables"
}

func TestSlowStatementsAreLoggedWithoutTheirValues(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l, err := Open(Config{Driver: DriverSQLite, DSN: filepath.Join(t.TempDir(), "x.db"), SlowQuery: time.Nanosecond,
		Logger: slog.New(slog.NewTextHandler(&out, nil))})
	require.NoError(t, err)
	defer l.Close()
	_, err = l.Migrate(t.Context())
	require.NoError(t, err)
	_, _, err = l.Lease(t.Context(), "sweep", "secret-word", time.Minute)
	require.NoError(t, err)
	require.Contains(t, out.String(), "slow query")
	require.Contains(t, out.String(), "UPDATE leases SET owner = ?")
	require.NotContains(t, out.String(), "secret-word")
}

func TestADatabasesClockIsRead(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		before := time.Now().UnixMilli()
		now := f.count("SELECT " + f.engine.NowMillis)
		// The servers of tests run on this machine.
		require.InDelta(t, before, now, float64(time.Minute.Milliseconds()))
	})
}
