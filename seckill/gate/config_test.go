package gate

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
	good := NewClient(ClientOptions{Addrs: []string{"127.0.0.1:1"}})
	defer good.Close()
	retries := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", ContextTimeoutEnabled: true})
	defer retries.Close()
	deaf := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1})
	defer deaf.Close()
	for field, cfg := range map[string]Config{
		"Client is":             {},
		"Client must":           {Client: retries},
		"ContextTimeoutEnabled": {Client: deaf},
		"Prefix":                {Client: good, Prefix: "a{b"},
		"BatchLimit":            {Client: good, BatchLimit: maxBatchLimit + 1},
		"Workers":               {Client: good, Workers: -1},
		"QueueLimit":            {Client: good, QueueLimit: 5},
		"SoldOutTTL":            {Client: good, SoldOutTTL: time.Minute},
		"Timeout":               {Client: good, Timeout: -1},
		"MaxOutbox":             {Client: good, MaxOutbox: -1},
	} {
		_, err := New(cfg)
		require.ErrorContains(t, err, field)
	}
	g, err := New(Config{Client: good})
	require.NoError(t, err)
	g.Close()
}

func TestClusterClientIsMadeOfSeveralAddresses(t *testing.T) {
	t.Parallel()
	c := NewClient(ClientOptions{Addrs: []string{"127.0.0.1:1", "127.0.0.1:2"}})
	defer c.Close()
	require.IsType(t, &redis.ClusterClient{}, c)
	g, err := New(Config{Client: c})
	require.NoError(t, err)
	g.Close()
}

func TestEveryScriptIsDocumented(t *testing.T) {
	t.Parallel()
	files, err := luaFiles.ReadDir("lua")
	require.NoError(t, err)
	for _, f := range files {
		text, err := luaFiles.ReadFile("lua/" + f.Name())
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(text), "-- "+strings.TrimSuffix(f.Name(), ".lua")), f.Name())
		if f.Name() == "prelude.lua" {
			continue // no script by itself
		}
		for _, part := range []string{"\n-- RETURNS  ", "\n-- O("} {
			require.Contains(t, string(text), part, f.Name())
		}
	}
}

func TestBrokenRecordsAreErrors(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", "h 1 2", "h x 2 CNY a:1:1 b", "h 1 x CNY a:1:1 b", "h 1 2 CNY a:1 b", "h 1 2 CNY a:x:1 b", "h 1 2 CNY a:1:x b", "h 1 2 CNY"} {
		_, err := readOrderValue(value)
		require.Error(t, err, value)
	}
	good := map[string]string{"hold": "1", "at": "2", "epoch": "1", "units": "a:1", "orders": "7 9 =k CNY a:1:1 b c"}
	e, err := readEntry(1, "1-1", good)
	require.NoError(t, err)
	require.Equal(t, "b c", e.Orders[0].Buyer)
	for _, broken := range [][2]string{{"hold", ""}, {"at", "x"}, {"epoch", "y"}, {"orders", ""}, {"orders", "7 9 k CNY a:1:1 b"},
		{"orders", "x 9 =k CNY a:1:1 b"}, {"orders", "7 0 =k CNY a:1:1 b"}, {"orders", "7 9 =k CNY a:1:1 b\n8"}} {
		bad := map[string]string{}
		for k, v := range good {
			bad[k] = v
		}
		bad[broken[0]] = broken[1]
		_, err := readEntry(1, "1-1", bad)
		require.Error(t, err, "%v", broken)
	}
	for _, reply := range [][]any{{}, {"ready"}, {"ready", "1", int64(1), int64(1), int64(1), "e", []any{int64(1)}},
		{"ready", int64(1), int64(1), int64(1), int64(1), "e", []any{}}, {"ready", int64(1), int64(1), int64(1), int64(1), "e", []any{nil}}} {
		_, err := readVerdicts(reply, 1)
		require.ErrorIs(t, err, seckill.ErrOutcomeUnknown)
	}
}
