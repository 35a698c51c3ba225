package shipped

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// header is what stands before the diff of a planted bug.
var header = regexp.MustCompile(`^# wrong: \S.*\n(# caught by: go test \./\S+ -run \S+\n)+(# needs: .*\n)?diff --git `)

// make mutants plants them; one that does not apply any more would go unnoticed until
// somebody runs that.
func TestPlantedBugsStillApply(t *testing.T) {
	t.Parallel()
	git := testkit.Program(t, "git")
	patches, err := filepath.Glob(root + "/mutants/*.patch")
	require.NoError(t, err)
	if len(patches) == 0 {
		t.Skip("this is a copy in which a bug is planted")
	}
	for _, patch := range patches {
		text, err := os.ReadFile(patch)
		require.NoError(t, err)
		assert.Regexp(t, header, string(text), patch)
		for line := range strings.Lines(string(text)) {
			if test, ok := strings.CutPrefix(line, "# caught by: go test ./"); ok {
				requireTest(t, patch, test)
			}
		}
		path, err := filepath.Abs(patch)
		require.NoError(t, err)
		cmd := exec.Command(git, "apply", "--check", path)
		cmd.Dir = root
		out, err := cmd.CombinedOutput()
		assert.NoError(t, err, "%s\n%s", patch, out)
	}
}

// requireTest checks that a named test is there: "seckill/gate -run TestName/part".
func requireTest(t *testing.T, patch, named string) {
	t.Helper()
	folder, name, _ := strings.Cut(strings.TrimSpace(named), " -run ")
	name, _, _ = strings.Cut(name, "/")
	files, err := filepath.Glob(filepath.Join(root, folder, "*_test.go"))
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		if strings.Contains(string(text), "func "+name+"(t *testing.T)") {
			return
		}
	}
	assert.Fail(t, "no such test", "%s names %s", patch, named)
}
