package ledger

import (
	"testing"

	"github.com/stretchr/testify/require"
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
