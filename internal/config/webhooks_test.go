package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheShopIsToldAndAskedInTheOpenByNobody(t *testing.T) {
	url, secret := "SECKILL_WEBHOOKS_URL=https://shop.example/hook", "SECKILL_WEBHOOKS_SECRET="+goodWebhook
	for name, c := range map[string]struct {
		environ []string
		want    string
	}{
		"webhooks in the open":   {[]string{"SECKILL_WEBHOOKS_URL=http://shop.example/hook", secret}, "webhooks.url: must be an https address"},
		"webhooks with a key":    {[]string{url + "?key=x", secret}, "webhooks.url: must be an https address"},
		"webhooks unsigned":      {[]string{url}, "webhooks.secret: is required with webhooks.url"},
		"webhooks secret":        {[]string{"SECKILL_WEBHOOKS_SECRET=" + goodSecret}, "webhooks.secret: must be whsec_"},
		"one secret both ways":   {[]string{"SECKILL_PAYMENT_STANDARD_SECRET=" + goodWebhook, secret}, "webhooks.secret: must not be the same as payment"},
		"webhooks of a stranger": {[]string{"SECKILL_WEBHOOKS_EVENTS=order.paid,order.payed"}, `webhooks.events: "order.payed" is not an event; there are order.awaiting_payment,`},
		"login in the open":      {[]string{"SECKILL_AUTH_DEMO_LOGIN=false", "SECKILL_AUTH_LOGIN_URL=http://shop.example/login"}, "auth.login_url: must be an https address"},
		"two ways to sign in":    {[]string{"SECKILL_AUTH_LOGIN_URL=https://shop.example/login"}, "auth.login_url: goes with auth.demo_login: false"},
	} {
		_, _, err := Load(Input{Environ: embedded(t, c.environ...)})
		require.Error(t, err, name)
		assert.True(t, strings.HasPrefix(err.Error(), c.want), "%s: %v", name, err)
		assert.NotContains(t, err.Error(), goodWebhook)
	}
	for _, role := range []Role{RoleCheck, RoleServe, RoleWorker} {
		_, _, err := Load(Input{Environ: external(url), Role: role})
		require.ErrorContains(t, err, "webhooks.secret: is required")
	}
	// A web process does not tell the shop, and need not be able to.
	_, _, err := Load(Input{Environ: external(url), Role: RoleWeb})
	require.NoError(t, err)
}
