package fault

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAPlanSaysWhatHappensWhereAndWhen(t *testing.T) {
	p, err := Parse("settler.committed=kill@3; relay.published=pause:2s ;expirer.committed=error@2-5;ledger.begun=pause:0s@1")
	require.NoError(t, err)
	type does struct {
		action      action
		pause       time.Duration
		first, last int64
	}
	got := make(map[Name]does)
	for name, r := range p.rules {
		got[name] = does{r.action, r.pause, r.first, r.last}
	}
	require.Equal(t, map[Name]does{
		SettlerCommitted: {kill, 0, 3, 3},
		RelayPublished:   {pause, 2 * time.Second, 1, math.MaxInt64},
		ExpirerCommitted: {fail, 0, 2, 5},
		LedgerBegun:      {pause, 0, 1, 1},
	}, got)
}

func TestNoTextArmsNothing(t *testing.T) {
	for _, text := range []string{"", "  "} {
		p, err := Parse(text)
		require.NoError(t, err)
		require.True(t, p.Empty())
	}
}

func TestWhatIsNoPlanIsNamedInOneLine(t *testing.T) {
	for text, named := range map[string]string{
		"settler.comitted=kill":                     `"settler.comitted"`,
		"=kill":                                     `""`,
		"kill":                                      `"kill"`,
		"relay.read=kill;":                          `""`,
		"relay.read=kill;relay.read=error":          "twice",
		"relay.read=":                               `""`,
		"relay.read=die":                            `"die"`,
		"relay.read=Kill":                           `"Kill"`,
		"relay.read=kill:1s":                        `"kill:1s"`,
		"relay.read=error:1s":                       `"error:1s"`,
		"relay.read=pause":                          `"pause"`,
		"relay.read=pause:":                         `"pause:"`,
		"relay.read=pause:2":                        `"pause:2"`,
		"relay.read=pause:-2s":                      `"pause:-2s"`,
		"relay.read=pause:2h":                       `"pause:2h"`,
		"relay.read=kill@":                          `"@"`,
		"relay.read=kill@0":                         `"@0"`,
		"relay.read=kill@-1":                        `"@-1"`,
		"relay.read=kill@x":                         `"@x"`,
		"relay.read=kill@3-2":                       `"@3-2"`,
		"relay.read=kill@3-":                        `"@3-"`,
		"relay.read=kill@1-2-3":                     `"@1-2-3"`,
		"relay.read=kill@1@2":                       `"@1@2"`,
		"relay.read=kill@99999999999999999999":      "@9999",
		"relay.read=kill,settler.received=error@1x": `"kill,settler.received=error"`,
	} {
		p, err := Parse(text)
		require.ErrorContains(t, err, named, text)
		require.NotContains(t, err.Error(), "\n")
		require.True(t, p.Empty(), "nothing is armed by half: %s", text)
	}
}

func TestNamesAreDistinctAndOfOneForm(t *testing.T) {
	seen := make(map[Name]bool)
	for _, n := range Names() {
		require.False(t, seen[n], n)
		seen[n] = true
		require.Regexp(t, `^[a-z]+\.[a-z]+$`, string(n))
		_, err := Parse(string(n) + "=kill")
		require.NoError(t, err)
	}
}
