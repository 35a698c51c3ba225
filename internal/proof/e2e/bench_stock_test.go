package e2e

import (
	"database/sql"
	"encoding/json"
	"strings"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/internal/stockload"
)

// benchStock measures all strategies for a moment.
func (s *stage) benchStock(args ...string) (results []stockload.Result, stderr string) {
	s.t.Helper()
	code, out, errs := s.command(append([]string{"bench", "stock", "--json", "--goods", "2", "--callers", "1,4", "-d", "300ms", "--warm", "0s"}, args...)...)
	require.Equal(s.t, 0, code, "%s", errs)
	var r struct{ Results []stockload.Result }
	require.NoError(s.t, json.Unmarshal([]byte(out), &r))
	return r.Results, errs
}

func TestBenchStockMeasuresEachStrategyOnEmbeddedParts(t *testing.T) {
	t.Parallel()
	s := onData(t)
	results, _ := s.benchStock()
	require.Len(t, results, 10)
	code, _, errs := s.command("bench", "stock", "--processes", "2")
	require.Equal(t, 2, code)
	require.Contains(t, errs, "embedded mode is one process")
}

func TestBenchStockLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	s := onServices(t)
	results, errs := s.benchStock("--rounds", "2")
	require.Len(t, results, 10)
	for _, r := range results {
		require.Zero(t, r.Oversold, r.Way)
		require.NotNil(t, r.Waits)
	}
	_, rest, _ := strings.Cut(errs, "selling in the database ")
	name, _, told := strings.Cut(rest, " at ")
	require.True(t, told, "%s", errs)
	db, err := sql.Open("mysql", testkit.MySQL(t))
	require.NoError(t, err)
	defer db.Close()
	var databases int
	require.NoError(t, db.QueryRow("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?", name).Scan(&databases))
	require.Zero(t, databases)
	addr, password, _ := testkit.Redis(t)
	client := redis.NewClient(&redis.Options{Addr: addr, Password: password})
	defer client.Close()
	keys, err := client.Keys(t.Context(), name+"*").Result()
	require.NoError(t, err)
	require.Empty(t, keys)
}
