package schema

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBothEnginesHaveTheSameVersions(t *testing.T) {
	list := func(engine string) (names []string) {
		entries, err := fs.ReadDir(steps, engine)
		require.NoError(t, err)
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	require.Equal(t, list("mysql"), list("sqlite"))
}

// MySQL commits each DDL statement by itself: with two in a file, a crash
// between them could not be taken up again.
func TestAMySQLMigrationIsOneStatement(t *testing.T) {
	require.NoError(t, fs.WalkDir(steps, "mysql", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := fs.ReadFile(steps, path)
		if err != nil {
			return err
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		require.Equal(t, 1, strings.Count(up, ";"), path)
		return nil
	}))
}
