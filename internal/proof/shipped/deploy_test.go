package shipped

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/seckill-go/seckill/internal/config"
)

const root = "../../.."

// deployed are the files that tell somebody's machine how to run the program.
func deployed(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	add := func(path string) {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		files[strings.TrimPrefix(path, root+"/")] = string(b)
	}
	add(root + "/docker-compose.yml")
	add(root + "/scripts/compose-env.sh")
	add(root + "/scripts/dev.sh")
	require.NoError(t, filepath.WalkDir(root+"/deploy", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) != ".env" {
			add(path)
		}
		return err
	}))
	return files
}

func TestDeployedFilesAreYAML(t *testing.T) {
	t.Parallel()
	for name, text := range deployed(t) {
		if ext := filepath.Ext(name); ext != ".yaml" && ext != ".yml" {
			continue
		}
		documents := yaml.NewDecoder(strings.NewReader(text))
		for {
			var document map[string]any
			err := documents.Decode(&document)
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, name)
			assert.NotEmpty(t, document, name)
		}
	}
}

func TestDeployedSettingsAreKnown(t *testing.T) {
	t.Parallel()
	variable := regexp.MustCompile(`SECKILL_[A-Z0-9_]+\b`)
	found := 0
	for file, text := range deployed(t) {
		for _, name := range variable.FindAllString(text, -1) {
			if name == "SECKILL_WEB_SERVICE_HOST" {
				continue // the README's example of one that is not ours
			}
			found++
			_, _, err := config.Load(config.Input{Environ: []string{name + "=x"}})
			if err != nil {
				assert.NotContains(t, err.Error(), "is not a known key", "%s sets %s", file, name)
			}
		}
	}
	assert.Greater(t, found, 20)
}

func TestComposeEnvironmentStartsTheProgram(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "compose")
	script := func(container string) []byte {
		out, err := exec.Command(root+"/scripts/compose-env.sh", folder).CombinedOutput()
		require.NoError(t, err, "%s", out)
		file := filepath.Join(folder, container+".env")
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		info, err := os.Stat(file)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		return b
	}
	for container, role := range map[string]config.Role{"migrate": config.RoleMigrate, "web": config.RoleWeb, "worker": config.RoleWorker} {
		text := script(container)
		var environ []string
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "SECKILL_") {
				environ = append(environ, line)
			}
		}
		_, _, err := config.Load(config.Input{Environ: environ, Role: role})
		require.NoError(t, err, container)
		assert.True(t, bytes.Equal(text, script(container)), "the secrets were made again")
	}
}

// TestRulesNameMetricsAndRoutesThatExist looks for each of them in the code.
func TestRulesNameMetricsAndRoutesThatExist(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(root + "/deploy/prometheus/rules.yaml")
	require.NoError(t, err)
	code := sources(t)
	names := regexp.MustCompile(`\bseckill_[a-z0-9_]+`).FindAllString(string(b), -1)
	require.NotEmpty(t, names)
	for _, name := range names {
		assert.Contains(t, code, `"`+strings.TrimSuffix(name, "_bucket")+`"`)
	}
	routes := regexp.MustCompile(`route="([^"]+)"`).FindAllStringSubmatch(string(b), -1)
	require.NotEmpty(t, routes)
	for _, route := range routes {
		assert.Contains(t, code, `"`+strings.TrimPrefix(route[1], "/api/v1")+`"`)
	}
}

// sources is the code of web and of the workers in one text.
func sources(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	for _, pattern := range []string{"/web/*.go", "/web/*/*.go", "/worker/*.go", "/cmd/seckill/*.go"} {
		files, err := filepath.Glob(root + pattern)
		require.NoError(t, err)
		for _, file := range files {
			b, err := os.ReadFile(file)
			require.NoError(t, err)
			text.Write(b)
		}
	}
	return text.String()
}
