package ledger

import (
	"database/sql"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/database/schema"
	"github.com/seckill-go/seckill/internal/proof/stores"
	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
)

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
	db := stores.Open(t, database.MySQL, cfg.FormatDSN())
	_, err = schema.Up(t.Context(), db)
	require.NoError(t, err)
	l := New(Config{DB: db})
	defer l.Close()

	require.NoError(t, l.Writable(t.Context()))
	run("SET GLOBAL read_only = 1")
	require.NoError(t, db.Ping(t.Context()))
	refusal, refuses := seckill.RefusesWrites(l.Writable(t.Context()))
	require.True(t, refuses)
	require.Contains(t, refusal.Error(), "read only")
	run("SET GLOBAL read_only = 0")
	require.NoError(t, l.Writable(t.Context()))
}
