package ui_test

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

var (
	textLine   = regexp.MustCompile(`(?m)^  '([^']+)': '(.*)',$`)
	textUsed   = regexp.MustCompile(`\b(?:t|has)\('([^']+)'`)
	textChosen = regexp.MustCompile("\\b(?:t|has)\\(`([a-z_.]+\\.)\\$\\{[^`]*?\\}(\\.[a-z_]+)?`")
	textForm   = regexp.MustCompile(`\.(zero|one|two|few|many|other)$`)
	textValue  = regexp.MustCompile(`\{(\w+)\}`)
)

// texts reads the texts of one language: those that buyers read, and those of the
// operator where they have a file of their own.
func texts(t *testing.T, language string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for name, content := range sources(t) {
		base := path.Base(name)
		if path.Dir(name) != "assets/texts" || base != language+".js" && !strings.HasSuffix(base, "_"+language+".js") {
			continue
		}
		entries := textLine.FindAllStringSubmatch(content, -1)
		require.Equal(t, strings.Count(content, "\n  '"), len(entries), "%s has a line that is not one key and one text", name)
		for _, m := range entries {
			require.NotContains(t, found, m[1], "%s has a key twice", name)
			found[m[1]] = m[2]
		}
	}
	require.NotEmpty(t, found, language)
	return found
}

// keys gives the keys without the forms of plurals, each with the values that its
// text takes.
func keys(texts map[string]string) map[string][]string {
	all := map[string][]string{}
	for key, text := range texts {
		name := textForm.ReplaceAllString(key, "")
		for _, m := range textValue.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(all[name], m[1]) {
				all[name] = append(all[name], m[1])
			}
		}
		if _, known := all[name]; !known {
			all[name] = nil
		}
		slices.Sort(all[name])
	}
	return all
}

func TestEveryLanguageSaysTheSame(t *testing.T) {
	t.Parallel()
	english, chinese := texts(t, "en"), texts(t, "zh")
	en, zh := keys(english), keys(chinese)
	assert.Equal(t, slices.Sorted(maps.Keys(en)), slices.Sorted(maps.Keys(zh)))
	for key, values := range en {
		assert.Equal(t, values, zh[key], "%s takes other values in Chinese", key)
	}
	for key, text := range english {
		assert.NotEmpty(t, text, key)
		if strings.HasSuffix(key, ".one") {
			assert.Contains(t, english, strings.TrimSuffix(key, ".one")+".other")
		}
	}
	for key, text := range chinese {
		assert.NotEmpty(t, text, key)
		assert.NotRegexp(t, `\.one$`, key, "Chinese has one plural")
	}
}

func TestEveryTextThatIsUsedIsThere(t *testing.T) {
	t.Parallel()
	known := keys(texts(t, "en"))
	used := 0
	for name, content := range sources(t) {
		if path.Ext(name) != ".js" || strings.HasPrefix(name, "assets/vendor/") {
			continue
		}
		for _, m := range textUsed.FindAllStringSubmatch(content, -1) {
			used++
			assert.Contains(t, known, m[1], "%s uses it", name)
		}
		// A key that is put together is there for at least one of its choices.
		for _, m := range textChosen.FindAllStringSubmatch(content, -1) {
			used++
			assert.True(t, slices.ContainsFunc(slices.Collect(maps.Keys(known)), func(key string) bool {
				return strings.HasPrefix(key, m[1]) && strings.HasSuffix(key, m[2])
			}), "%s uses %s…%s", name, m[1], m[2])
		}
	}
	assert.Greater(t, used, 15)
}

// Whatever the service can answer or make of an order, a page has words for it in
// the reader's language; what a page does not know it would have to show in the
// service's.
func TestWhateverTheServiceCanSayHasWordsInEachLanguage(t *testing.T) {
	t.Parallel()
	var needed []string
	for _, code := range seckill.Codes {
		needed = append(needed, "problem."+string(code))
	}
	for _, reason := range seckill.Reasons {
		needed = append(needed, "reason."+seckill.ReasonWord(reason))
	}
	for _, phase := range seckill.Phases {
		needed = append(needed, "phase."+string(phase))
	}
	for _, status := range seckill.OrderStatuses {
		name := "status." + string(status)
		needed = append(needed, name, name+".title", name+".text")
	}
	for _, status := range []string{"entered", "waiting", "offered", "left", "lapsed"} { // as web/openapi.yaml has them
		needed = append(needed, "draw.own."+status)
	}
	for _, language := range []string{"en", "zh"} {
		known := texts(t, language)
		for _, key := range needed {
			assert.NotEmpty(t, known[key], "%s in %s", key, language)
		}
	}
}
