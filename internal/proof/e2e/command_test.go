package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

func TestAWrongConfigurationStopsTheStartWithItsKey(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "seckill.yaml")
	require.NoError(t, os.WriteFile(file, []byte("http:\n  adr: 127.0.0.1:0\n"), 0o600))
	external := []string{"SECKILL_MODE=external", "SECKILL_REDIS_ADDRS=127.0.0.1:1",
		"SECKILL_RABBITMQ_URL=amqp://u:p@127.0.0.1:1/", "SECKILL_MYSQL_DSN=u:p@tcp(127.0.0.1:1)/x"}
	cases := map[string]struct {
		env  []string
		args []string
		want string
	}{
		"unknown key in the environment": {[]string{"SECKILL_HTPP_ADDR=x"}, []string{"serve"}, "SECKILL_HTPP_ADDR"},
		"unknown key in the file":        {nil, []string{"serve", "--config", file}, "http.adr"},
		"value that does not fit":        {[]string{"SECKILL_LIMITS_PER_IP_RPS=many"}, []string{"serve"}, "limits.per_ip_rps"},
		"missing secrets":                {external, []string{"web"}, "auth.hs256_secret"},
		"short secret": {append([]string{"SECKILL_AUTH_HS256_SECRET=short", "SECKILL_ADMIN_TOKEN=" + adminToken,
			"SECKILL_PAYMENT_STANDARD_SECRET=" + paymentSecret}, external...), []string{"worker"}, "auth.hs256_secret"},
		"unknown fault point":        {[]string{"SECKILL_FAULT=relay.red=kill"}, []string{"serve"}, `SECKILL_FAULT: there is no point "relay.red"`},
		"web alone in embedded mode": {nil, []string{"web"}, "mode"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &stage{t: t, env: c.env}
			code, _, errs := s.command(c.args...)
			require.Equal(t, 2, code, "%s", errs)
			require.Contains(t, errs, c.want)
			require.NotContains(t, errs, "goroutine")
		})
	}
}

func TestTwoProcessesDoNotShareADataFolder(t *testing.T) {
	t.Parallel()
	s := embedded(t)
	s.env = append(s.env, "SECKILL_HTTP_ADDR=127.0.0.1:0", "SECKILL_OPS_ADDR=127.0.0.1:0", "SECKILL_RPC_ADDR=127.0.0.1:0")
	code, _, errs := s.command("serve")
	require.Equal(t, 2, code)
	require.Contains(t, errs, "another seckill runs on")
	require.Len(t, strings.Split(strings.TrimSpace(errs), "\n"), 1, "one line: %s", errs)
}

func TestTokenAndCheckconfigTellWhatTheyShouldAndNoMore(t *testing.T) {
	t.Parallel()
	s := embedded(t).openSale(longHold, item{"phone-1", 10, 1})
	code, out, errs := s.command("token", "alice")
	require.Equal(t, 0, code, "%s", errs)
	require.Equal(t, 202, s.buy(0, strings.TrimSpace(out), "", line{"phone-1", 1}).HTTP)

	code, out, errs = s.command("checkconfig")
	require.Equal(t, 0, code, "%s", errs)
	require.Contains(t, out, "admission.ack")
	for _, secret := range []string{hs256Secret, adminToken, paymentSecret} {
		require.NotContains(t, out+errs, secret)
	}
	require.NotContains(t, s.webs[0].logged(), adminToken)
}

// Nothing that a process needs is there when it starts: it comes up, names what
// is missing, and is ready once it is there.
func TestServicesThatAreDownAtTheStartAreNamedAndAwaited(t *testing.T) {
	t.Parallel()
	addr, password, prefix := testkit.Redis(t)
	redis := testkit.NewProxy(t, addr)
	redis.Cut()
	s := onRedis(t, redis.Addr, password, prefix)
	s.webs = []*process{start(t, s.env, "web")}
	s.workers = []*process{start(t, s.env, "worker")}
	for _, p := range []*process{s.webs[0], s.workers[0]} {
		testkit.Eventually(t, func() bool { return fmt.Sprint(notReady(p)) == "[redis]" }, "readyz names redis and nothing else")
	}
	require.Equal(t, 200, get(s.webs[0].url+"/healthz"))
	redis.Restore()
	s.awaitReady()
	s.openSale(longHold, item{"phone-1", 10, 1}).buy(0, buyerToken("alice"), "", line{"phone-1", 1})
}

// notReady reads what readyz names.
func notReady(p *process) []string {
	res, err := http.Get(p.opsURL + "/readyz")
	if err != nil {
		return nil
	}
	defer res.Body.Close()
	var answer struct {
		NotReady []string `json:"not_ready"`
	}
	_ = json.NewDecoder(res.Body).Decode(&answer)
	return answer.NotReady
}
