package e2e

import (
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

func TestWithoutRedisTheAnswerIsUnavailableAndNothingElse(t *testing.T) {
	t.Parallel()
	addr, password, prefix := testkit.Redis(t)
	redis := testkit.NewProxy(t, addr)
	stage := onRedis(t, redis.Addr, password, prefix)
	stage.launch(1, 1)
	s := stage.openSale(longHold, item{"phone-1", 100, 1})
	token, order := s.awaiting("before")

	redis.Cut()
	for i := range 5 {
		a := s.buy(0, buyerToken("during"), "k"+strconv.Itoa(i), line{"phone-1", 1})
		require.Equal(t, 503, a.HTTP, "%s", a.Body)
		require.Equal(t, "unavailable", a.Code)
	}
	require.Equal(t, "awaiting_payment", s.order(token, order).Status, "what SQL has can be read")
	require.Equal(t, "applied", s.pay(token, order).Result, "and paid")
	redis.Restore()

	var a answer
	testkit.Eventually(t, func() bool {
		a = s.buy(0, buyerToken("after"), "k", line{"phone-1", 1})
		return a.HTTP != 503
	}, "buying goes on without a restart")
	require.Contains(t, []int{200, 202}, a.HTTP, "%s", a.Body)
	s.settled([]told{{"after", a.OrderID}})
	it := s.auditOnceSold("phone-1", 1)
	require.EqualValues(t, 100, it.Available+it.Reserved+it.Sold)
}

// Redis writes its log before it answers, so a kill -9 of it loses no order that
// a buyer was told of.
func TestRushSurvivesKill9OfRedis(t *testing.T) {
	testkit.OnlyInSoak(t, "TestARushSurvivesOneRestartOfRedisAfterAnother does it three times")
	units, buyers := rushSize()
	services := testkit.ServiceSet(t, "redis")
	addr, password := services.Redis()
	stage := onRedis(t, addr, password, "seckill")
	stage.launch(1, 1)
	s := stage.openSale(longHold, item{"phone-1", int64(units), 1})
	middle, back := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(back)
		<-middle
		services.Kill("redis")
		services.Start("redis")
	}()
	var once sync.Once
	accepted := s.rush(crowd{buyers: buyers, clicks: 2, connections: 64, done: func(n int64) {
		if n >= int64(buyers/5) {
			once.Do(func() { close(middle) })
		}
	}}, "phone-1")
	<-back
	s.exactly(units, "phone-1", accepted)
}
