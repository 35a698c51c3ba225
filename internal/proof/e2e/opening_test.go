package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// What a load balancer or a script asks before it sends work there.
func TestAProcessIsHealthyOnceAnOperatorsCallWorks(t *testing.T) {
	t.Parallel()
	s := onServices(t)
	s.env = append(s.env, "SECKILL_MYSQL_AUTO_MIGRATE=false")
	s.webs = []*process{start(t, s.env, "web")}
	require.Equal(t, 503, get(s.url(0)+"/healthz"), "there is no schema yet")
	a := must(t, "POST", s.url(0)+"/api/v1/admin/sales", adminToken, map[string]any{})
	require.Equal(t, 503, a.HTTP, "%s", a.Body)
	require.Contains(t, a.Detail, "is starting")

	code, _, errs := s.command("migrate")
	require.Zero(t, code, "%s", errs)
	testkit.Eventually(t, func() bool { return get(s.url(0)+"/healthz") == 200 }, "it opens")
	s.draftSale(longHold, item{"phone-1", 1, 1})
}

// The banner is what a person waits for at a terminal; the first call after it works.
func TestAFreshEmbeddedServerSaysSoWhenItCanDoItsWork(t *testing.T) {
	t.Parallel()
	s := onData(t)
	s.webs = []*process{start(t, s.env, "serve")}
	require.Equal(t, 200, get(s.url(0)+"/healthz"), "whoever comes early waits a moment")
	s.draftSale(longHold, item{"phone-1", 1, 1})
	p := s.webs[0]
	testkit.Eventually(t, func() bool { return strings.Contains(p.logged(), `"msg":"open"`) }, "it says that it is open")
	require.Less(t, strings.Index(p.logged(), "the schema is up to date"), strings.Index(p.logged(), `"msg":"open"`))
}

// No part of an embedded server but its three HTTP ports can be reached.
func TestAnEmbeddedServerListensOnItsThreePortsAlone(t *testing.T) {
	t.Parallel()
	p := embedded(t).webs[0]
	var ports []string
	for _, url := range []string{p.url, p.opsURL, p.rpcURL} {
		ports = append(ports, strings.TrimPrefix(url, "http://"))
	}
	require.ElementsMatch(t, ports, testkit.Listeners(t, p.cmd.Process.Pid))
}
