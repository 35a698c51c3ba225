package lock

import (
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	good, other := newClient("127.0.0.1:1", "", nil), newClient("127.0.0.1:2", "", nil)
	retries := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", ContextTimeoutEnabled: true})
	deaf := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1})
	for _, c := range []*redis.Client{good, other, retries, deaf} {
		defer c.Close()
	}
	one := []redis.UniversalClient{good}
	for complaint, cfg := range map[string]Config{
		"Nodes must be 1 to 9":       {},
		"Nodes must be an odd":       {Nodes: []redis.UniversalClient{good, other}},
		"Nodes must not be nil":      {Nodes: []redis.UniversalClient{nil}},
		"Nodes must not have":        {Nodes: []redis.UniversalClient{good, other, good}},
		"Nodes must have MaxRetries": {Nodes: []redis.UniversalClient{retries}},
		"ContextTimeoutEnabled":      {Nodes: []redis.UniversalClient{deaf}},
		"Prefix":                     {Nodes: one, Prefix: "a{b"},
		"TTL":                        {Nodes: one, TTL: time.Millisecond},
		"whole milliseconds":         {Nodes: one, TTL: time.Second + 1},
		"ExtendAfter":                {Nodes: one, ExtendAfter: 6 * time.Second},
		"LongestHold":                {Nodes: one, LongestHold: time.Second},
		"Pause":                      {Nodes: one, Pause: -1},
		"Timeout":                    {Nodes: one, Timeout: 3 * time.Second},
		"StayOut":                    {Nodes: one, StayOut: time.Second},
	} {
		_, err := New(cfg)
		require.ErrorContains(t, err, complaint)
	}
	l, err := New(Config{Nodes: one})
	require.NoError(t, err)
	l.Close()
	require.Equal(t, defaultTTL/3, l.cfg.ExtendAfter)
}

func TestWhatIsAskedForIsChecked(t *testing.T) {
	t.Parallel()
	l, err := New(Config{Nodes: []redis.UniversalClient{newClient("127.0.0.1:1", "", nil)}})
	require.NoError(t, err)
	defer l.cfg.Nodes[0].Close()
	for _, name := range []string{"", "a b", "a{b}", strings.Repeat("a", maxName+1)} {
		_, err := l.Acquire(t.Context(), name)
		require.Equal(t, seckill.CodeInvalidRequest, seckill.CodeOf(err), name)
	}
	for _, above := range []int64{-1, maxAbove + 1} {
		_, err := l.Acquire(t.Context(), "a", Above(above))
		require.Equal(t, seckill.CodeInvalidRequest, seckill.CodeOf(err), above)
	}
}

func TestEveryScriptIsDocumented(t *testing.T) {
	t.Parallel()
	files, err := luaFiles.ReadDir("lua")
	require.NoError(t, err)
	for _, f := range files {
		text := luaFile(strings.TrimSuffix(f.Name(), ".lua"))
		require.True(t, strings.HasPrefix(text, "-- "+strings.TrimSuffix(f.Name(), ".lua")), f.Name())
		if f.Name() == "prelude.lua" {
			continue // no script by itself
		}
		for _, part := range []string{"\n-- ARGV  ", "\n-- RETURNS  ", "\n-- O("} {
			require.Contains(t, text, part, f.Name())
		}
	}
}
