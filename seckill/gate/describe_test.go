package gate

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

func TestARedisServerTellsOfItself(t *testing.T) {
	addr, password, _ := testkit.Redis(t)
	client := NewClient(ClientOptions{Addrs: []string{addr}, Password: password})
	defer client.Close()
	g, err := New(Config{Client: client})
	require.NoError(t, err)
	defer g.Close()
	s, err := g.Describe(t.Context())
	require.NoError(t, err)
	require.Regexp(t, `^[5-9]\.`, s.Version)
	require.Equal(t, "standalone", s.Mode)
	require.Contains(t, []string{"yes", "no"}, s.Settings["appendonly"])
	require.Contains(t, s.Settings, "maxmemory-policy")
}
