package e2e

import (
	"fmt"
	"net/http"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// Whatever the shop and the workers go through, the shop gets every event at least
// once, signed, under one id and with one body.
func TestEveryEventReachesTheShopHoweverItIsAndWhateverDies(t *testing.T) {
	t.Parallel()
	stage := onServices(t)
	shop := newWebhookShop(t)
	stage.env = append(append(append(stage.env, inSmallSteps...), shop.env()...), "SECKILL_WEBHOOKS_MAX_ATTEMPTS=1000")
	stage.launch(1, 2)
	s := stage.openSale(longHold, item{"phone-1", 100, 1})
	var paid []told
	buy := func(while string, n int) {
		for i := range n {
			paid = append(paid, s.buyAndPayOne(fmt.Sprintf("%s-%d", while, i)))
		}
	}
	for name, answer := range map[string]http.HandlerFunc{
		"failing": status(500),
		"moved":   func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"busy": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		},
		"slow": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"away": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		shop.answers(answer)
		before := shop.tried()
		buy(name, 2)
		testkit.Eventually(t, func() bool { return shop.tried() > before }, "an event met a shop that is "+name)
	}

	// Between the shop's having an event and the worker's noting it, both workers are
	// killed.
	buy("killed", 1) // whose events the shop has not taken yet
	var killing sync.Once
	killed := make(chan struct{})
	shop.answers(func(w http.ResponseWriter, _ *http.Request) {
		killing.Do(func() {
			for _, w := range stage.workers {
				_ = w.cmd.Process.Signal(syscall.SIGKILL)
				<-w.done
			}
			shop.answers(nil)
			close(killed)
		})
	})
	<-killed
	for i, w := range stage.workers {
		fresh := start(t, stage.env, "worker")
		stageMu.Lock()
		stage.workers[i] = fresh
		stageMu.Unlock()
		require.NotZero(t, w.cmd.ProcessState.Sys().(syscall.WaitStatus).Signal())
	}
	buy("after", 1)
	for _, o := range paid {
		shop.wasTold(o, "awaiting_payment", "paid")
	}
	testkit.Eventually(t, func() bool {
		pending, ok := stage.workers[0].metric("seckill_webhooks_pending")
		return ok && pending == 0
	}, "nothing is left to deliver")
}

func TestAnEventThatTheShopNeverTookIsADeadLetterAndCanBeSentAgain(t *testing.T) {
	t.Parallel()
	stage := onData(t)
	shop := newWebhookShop(t)
	stage.env = append(append(append(stage.env, inSmallSteps...), shop.env()...),
		"SECKILL_WEBHOOKS_MAX_ATTEMPTS=2", "SECKILL_WEBHOOKS_EVENTS=order.paid")
	stage.webs = []*process{start(t, stage.env, "serve")}
	stage.awaitReady()
	url := "--url=" + stage.url(0)
	code, out, errs := stage.command("dead-letters", "list", url)
	require.Equal(t, 0, code, "%s", errs)
	require.Contains(t, out, "no dead letters")

	shop.answers(status(http.StatusUnprocessableEntity))
	o := stage.openSale(longHold, item{"phone-1", 1, 1}).buyAndPayOne("alice")
	testkit.Eventually(t, func() bool {
		dead, ok := stage.webs[0].metric("seckill_webhooks_dead")
		return ok && dead == 1
	}, "the last try has failed")
	require.Equal(t, 2, shop.tried())

	code, out, _ = stage.command("dead-letters", "list", url)
	require.Equal(t, 1, code)
	require.Contains(t, out, o.order+":paid")
	require.Contains(t, out, "webhooks")
	require.Contains(t, out, "the endpoint answered 422 Unprocessable Entity")
	code, out, errs = stage.command("dead-letters", "show", o.order+":paid", url)
	require.Equal(t, 0, code, "%s", errs)
	require.Contains(t, out, `"type": "order.paid"`)

	shop.answers(nil)
	code, out, errs = stage.command("dead-letters", "requeue", o.order+":paid", url)
	require.Equal(t, 0, code, "%s", errs)
	require.Contains(t, out, "1 sent back")
	shop.wasTold(o, "paid")
	require.False(t, shop.has(o.order+":awaiting_payment"), "an event that was not asked for")
	code, out, _ = stage.command("checkconfig")
	require.Equal(t, 0, code)
	require.NotContains(t, out, webhookSecret)
}
