package shipped

import (
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
)

// path is a file or folder of the project as a text names it, from its root.
var path = regexp.MustCompile("`((?:cmd|configs|deploy|internal|scripts|seckill|web|worker)/[a-zA-Z0-9_./*-]*[a-zA-Z0-9_*])/?`")

func TestFilesThatTextsNameAreThere(t *testing.T) {
	named := 0
	for name, text := range pages(t) {
		if name == "CHANGELOG.md" {
			continue // it tells of the past
		}
		for _, found := range path.FindAllStringSubmatch(text, -1) {
			named++
			there, err := filepath.Glob(filepath.Join(root, found[1]))
			assert.NoError(t, err)
			assert.NotEmpty(t, there, "%s names %s", name, found[1])
		}
	}
	assert.Greater(t, named, 50)
}
