package shipped

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	step     = regexp.MustCompile(`(?m)^([0-9]+)\. `)
	database = regexp.MustCompile(`MySQL (8[0-9.]*[0-9])[^.]{0,20}MariaDB (10[0-9.]*[0-9]|11[0-9.]*[0-9])`)
)

// pages are what people read, by name.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "deploy/*/*.md", "internal/proof/mutants/*.md"} {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, path := range paths {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			name, err := filepath.Rel(root, path)
			require.NoError(t, err)
			all[name] = string(text)
		}
	}
	return all
}

func TestNumberedStepsCountUp(t *testing.T) {
	for name, text := range pages(t) {
		last := 0
		for _, found := range step.FindAllStringSubmatch(text, -1) {
			n, err := strconv.Atoi(found[1])
			require.NoError(t, err)
			assert.True(t, n == 1 || n == last+1, "%s: step %d comes after step %d", name, n, last)
			last = n
		}
	}
}

func TestTheSameDatabasesAreNamedEverywhere(t *testing.T) {
	texts := pages(t)
	for _, name := range []string{"configs/seckill.yaml", "internal/database/database.go"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		texts[name] = string(text)
	}
	named := 0
	for name, text := range texts {
		for _, found := range database.FindAllStringSubmatch(text, -1) {
			named++
			assert.Equal(t, []string{"8.0.16", "10.6"}, found[1:], "%s: %s", name, found[0])
		}
	}
	assert.GreaterOrEqual(t, named, 3, "README, configs/seckill.yaml and the database say what they need")
}
