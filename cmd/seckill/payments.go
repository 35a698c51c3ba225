package main

import (
	"fmt"
	"net/http"

	"github.com/seckill-go/seckill/internal/config"
	"github.com/seckill-go/seckill/internal/lifecycle"
	"github.com/seckill-go/seckill/seckill/payment"
	"github.com/seckill-go/seckill/web/mockpay"
)

// payments are the payment provider, and the stand-in gateway where it is wanted.
type payments struct {
	provider payment.Provider
	gateway  http.Handler // nil without
}

func (p *process) addPayment(g *lifecycle.Group) (added payments, err error) {
	checkout := p.cfg.Payment.Standard.CheckoutURL
	listening := p.public.Addr().String()
	if checkout == "" {
		// Callbacks work without it; a buyer who wants to pay is led back to the
		// order, which is where a shop's own page would take over.
		checkout = p.cfg.PublicURL(listening) + "/orders/{order_id}?payment={payment_id}"
	}
	secrets := p.cfg.Payment.Standard.Secrets()
	if p.cfg.Payment.Mock {
		checkout = p.cfg.PublicURL(listening) + mockpay.CheckoutURL
		mock, err := mockpay.New(mockpay.Config{Ledger: p.stores.ledger, Secret: secrets[0],
			WebhookURL: p.ownURL() + "/webhooks/payments/" + payment.StandardName, Logger: p.log})
		if err != nil {
			return added, err
		}
		added.gateway = mock
		g.Add(lifecycle.Component{Name: "stand-in gateway", Stage: stagePublic, Run: mock.Run})
	}
	added.provider, err = payment.NewStandard(payment.StandardConfig{Secrets: secrets, CheckoutURL: checkout})
	if err != nil {
		return added, fmt.Errorf("payment.standard: %w", err)
	}
	return added, nil
}

// ownURL is where this very process answers, whatever stands before it.
func (p *process) ownURL() string { return config.Config{}.PublicURL(p.public.Addr().String()) }

// paymentAPI makes the client of the provider's API, or nil where there is none:
// then nobody asks about payments, and refunds are a person's work.
func (p *process) paymentAPI() (*payment.StandardAPI, error) {
	standard := p.cfg.Payment.Standard
	address := standard.APIURL
	if address == "" && p.cfg.Payment.Mock && p.public != nil {
		address = p.ownURL() + mockpay.APIPrefix
	}
	secrets := standard.Secrets()
	if address == "" || len(secrets) == 0 {
		return nil, nil
	}
	api, err := payment.NewStandardAPI(payment.StandardAPIConfig{URL: address, Secret: secrets[0]})
	if err != nil {
		return nil, fmt.Errorf("payment.standard: %w", err)
	}
	return api, nil
}
