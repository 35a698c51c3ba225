package ledger

import (
	"database/sql"
	"log/slog"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

func TestTheDatabaseTellsOfItself(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		s, err := f.Describe(t.Context())
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

func TestADatabaseThatTakesWritesIsWritable(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		_, held, err := f.Lease(t.Context(), "sweep", "ann", 1_000_000_000)
		require.NoError(t, err)
		require.True(t, held)
		require.NoError(t, f.Writable(t.Context()))
	})
}

func TestADatabaseThatAnswersAndRefusesWritesIsNamed(t *testing.T) {
	t.Parallel()
	dsn := testkit.ServiceSet(t, "mysql").MySQL()
	admin, err := sql.Open("mysql", dsn)
	require.NoError(t, err)
	defer admin.Close()
	// One as an installation has it: an administrator writes whatever read_only says.
	run := func(statement string) {
		_, err := admin.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	run("CREATE USER 'shop'@'%' IDENTIFIED BY 'a-password-of-the-test'")
	run("GRANT ALL ON seckill.* TO 'shop'@'%'")
	cfg, err := mysql.ParseDSN(dsn)
	require.NoError(t, err)
	cfg.User, cfg.Passwd = "shop", "a-password-of-the-test"
	l, err := Open(Config{Driver: DriverMySQL, DSN: cfg.FormatDSN(), Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	defer l.Close()
	_, err = l.Migrate(t.Context())
	require.NoError(t, err)

	require.NoError(t, l.Writable(t.Context()))
	run("SET GLOBAL read_only = 1")
	require.NoError(t, l.Ping(t.Context()))
	refusal, refuses := seckill.RefusesWrites(l.Writable(t.Context()))
	require.True(t, refuses)
	require.Contains(t, refusal.Error(), "read only")
	run("SET GLOBAL read_only = 0")
	require.NoError(t, l.Writable(t.Context()))
}
