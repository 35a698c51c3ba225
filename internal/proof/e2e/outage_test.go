package e2e

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// A service cannot be reached, or it is the test's own and has come to its end.
func TestSaleGoesOnWhileAServiceIsAway(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		make func(t *testing.T) (s *stage, leave, comeBack func())
	}{
		{"rabbitmq cannot be reached", func(t *testing.T) (*stage, func(), func()) {
			s := onServices(t)
			proxy := s.reachesRabbitMQOver()
			return s, proxy.Cut, proxy.Restore
		}},
		{"mysql cannot be reached", func(t *testing.T) (*stage, func(), func()) {
			s := onServices(t)
			proxy := s.reachesSQLOver()
			return s, proxy.Cut, proxy.Restore
		}},
		{"rabbitmq is down", func(t *testing.T) (*stage, func(), func()) {
			testkit.InTurn(t, 1, ownServers)
			s, services := onOwnRabbitMQ(t)
			return s, func() { services.Stop("rabbitmq") }, func() { services.Start("rabbitmq") }
		}},
		{"mysql is down", func(t *testing.T) (*stage, func(), func()) {
			testkit.InTurn(t, 2, ownServers)
			s, services := onServices(t), testkit.ServiceSet(t, "mysql")
			s.set("SECKILL_MYSQL_DSN", services.MySQL())
			return s, func() { services.Stop("mysql") }, func() { services.Start("mysql") }
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			stage, leave, comeBack := c.make(t)
			stage.launch(1, 1)
			stage.goesOnWithout(leave, comeBack)
		})
	}
}

// goesOnWithout lets crowds come before, while and after a service is away.
func (s *stage) goesOnWithout(leave, comeBack func()) {
	t, each := s.t, testkit.Sized(500, 150)
	// How long it is away is what is tested, not a wait for something.
	outage := time.Duration(testkit.Sized(20, 4)) * time.Second
	sale := s.openSale(longHold, item{"phone-1", int64(6 * each), 1})
	stop := sale.auditAllTheTime()
	rush := func(name string) []told {
		orders := sale.rush(crowd{name: name, buyers: each, clicks: 1, connections: 16}, "phone-1")
		require.Len(t, orders, each, "admission goes on")
		return orders
	}
	sale.settled(rush("before"))

	leave()
	back := time.After(outage)
	during := rush("during")
	<-back
	comeBack()

	after := rush("after")
	require.Equal(t, 2*each, sale.settled(append(during, after...)), "the backlog drains")
	require.Greater(t, stop().moving, 2, "audits that succeeded")
	neverDrifted(t, slices.Concat(s.webs, s.workers))
	it := sale.audit()["phone-1"]
	require.EqualValues(t, 3*each, it.Reserved)
	require.EqualValues(t, 3*each, it.Available)
}

// reachesSQLOver puts a proxy between SQL and the processes that start from now on.
func (s *stage) reachesSQLOver() *testkit.Proxy {
	dsn := s.setting("SECKILL_MYSQL_DSN")
	cfg, err := mysql.ParseDSN(dsn)
	require.NoError(s.t, err)
	proxy := testkit.NewProxy(s.t, cfg.Addr)
	s.set("SECKILL_MYSQL_DSN", strings.Replace(dsn, cfg.Addr, proxy.Addr, 1))
	return proxy
}

// reachesRabbitMQOver does so with RabbitMQ.
func (s *stage) reachesRabbitMQOver() *testkit.Proxy {
	text := s.setting("SECKILL_RABBITMQ_URL")
	u, err := url.Parse(text)
	require.NoError(s.t, err)
	proxy := testkit.NewProxy(s.t, u.Host)
	s.set("SECKILL_RABBITMQ_URL", strings.Replace(text, u.Host, proxy.Addr, 1))
	return proxy
}
