package e2e

import (
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A process that may open few files is kept from none of its work by connections over
// which nothing happens, however many there are and to whichever port.
func TestBuyingGoesOnAtTheLimitOfOpenFiles(t *testing.T) {
	t.Parallel()
	path, err := binary(t)
	require.NoError(t, err)
	s := onData(t)
	s.webs = []*process{startCommand(t, exec.Command("sh", "-c", `ulimit -n 256 && exec "$0" serve`, path), s.env)}
	s.awaitReady()
	sale := s.openSale(longHold, item{"a", 100, 1})
	public, ops := strings.TrimPrefix(s.webs[0].url, "http://"), strings.TrimPrefix(s.webs[0].opsURL, "http://")
	for addr, n := range map[string]int{public: 500, ops: 300} {
		for range n {
			conn, err := net.Dial("tcp", addr)
			require.NoError(t, err)
			t.Cleanup(func() { _ = conn.Close() })
		}
	}
	fresh := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: httpClient.Timeout}
	for _, url := range []string{"/livez", "/readyz", "/metrics"} {
		res, err := fresh.Get(s.webs[0].opsURL + url)
		require.NoError(t, err)
		require.Equal(t, 200, res.StatusCode, url)
		require.NoError(t, res.Body.Close())
	}
	for _, buyer := range []string{"alice", "bob", "carol"} {
		a := sale.buy(0, buyerToken(buyer), "", line{"a", 1})
		require.Equal(t, 202, a.HTTP, "%s", a.Body)
	}
	require.NotContains(t, s.webs[0].logged(), "too many open files")
	require.Contains(t, s.webs[0].logged(), "few files may be open")
}
