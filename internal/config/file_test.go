package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/viper"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const documented = "../../configs/seckill.yaml"

// commentedKey is a key that is commented out: no space follows the #.
var commentedKey = regexp.MustCompile(`(?m)^( *)#([a-z0-9_]+:)`)

func readYAML(t *testing.T, text string) *viper.Viper {
	t.Helper()
	v := viper.New()
	v.SetConfigType("yaml")
	require.NoError(t, v.ReadConfig(strings.NewReader(text)))
	return v
}

func TestTheDocumentedFileStartsAsItIs(t *testing.T) {
	cfg, _, err := Load(Input{File: documented, Environ: embedded(t), Role: RoleServe})
	require.NoError(t, err)
	want := Defaults(Embedded)
	want.DataDir = cfg.DataDir
	want.HTTP.TrustedProxies = []string{}
	want.HTTP.Hosts = []string{}
	assert.Equal(t, want, cfg)
}

// TestTheDocumentedFileHasEveryKeyWithItsDefault compares in both directions:
// what the file sets is the code's default in both modes, and what depends on
// the mode or has no default is there, commented out.
func TestTheDocumentedFileHasEveryKeyWithItsDefault(t *testing.T) {
	b, err := os.ReadFile(documented)
	require.NoError(t, err)
	text := string(b)
	set := readYAML(t, text)
	all := readYAML(t, commentedKey.ReplaceAllString(text, "$1$2"))

	assert.ElementsMatch(t, names(), all.AllKeys())
	in, out := Defaults(Embedded), Defaults(External)
	for _, k := range keys {
		embedded, external := show(k.in(&in).Interface()), show(k.in(&out).Interface())
		if set.IsSet(k.name) {
			value, err := convert(set.Get(k.name), k.kind)
			require.NoError(t, err, k.name)
			assert.Equal(t, embedded, show(value), k.name)
			if k.name != "mode" {
				assert.Equal(t, external, show(value), "%s depends on the mode; comment it out", k.name)
			}
		} else if embedded != external {
			assert.Equal(t, embedded, fmt.Sprint(all.Get(k.name)), k.name)
			assert.Contains(t, text, fmt.Sprintf("# Default: %s in embedded mode; in external mode: %s\n", embedded, external)+
				commentedLine(text, k), k.name)
		} else {
			assert.Empty(t, embedded, "%s has a default; set it in the file", k.name)
		}
	}
}

// commentedLine is the line of a commented key, with its indentation.
func commentedLine(text string, k key) string {
	leaf := k.name[strings.LastIndex(k.name, ".")+1:]
	return regexp.MustCompile(`(?m)^ *#` + leaf + `:.*$`).FindString(text)
}

func names() []string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = k.name
	}
	return list
}

func TestEveryKeyHasASentenceBeforeIt(t *testing.T) {
	b, err := os.ReadFile(documented)
	require.NoError(t, err)
	line := regexp.MustCompile(`^ *#?[a-z0-9_]+:`)
	var before string
	for n, l := range strings.Split(string(b), "\n") {
		if line.MatchString(l) && !strings.HasSuffix(l, "_burst: 100") && !strings.HasSuffix(l, "_burst: 10") && !strings.HasSuffix(l, ":") {
			assert.Regexp(t, `^ *# `, before, "%s:%d", filepath.Base(documented), n+1)
		}
		before = l
	}
}
