package webtest

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/seckill/payment"
	"github.com/seckill-go/seckill/web"
	"github.com/seckill-go/seckill/web/buyer"
	"github.com/seckill-go/seckill/web/callback"
	"github.com/seckill-go/seckill/web/operator"
	"github.com/seckill-go/seckill/web/rehearsal"
	"github.com/seckill-go/seckill/web/token"
)

// Gate is what all calls together need of Redis.
type Gate interface {
	web.Gate
	buyer.Gate
	operator.Gate
	callback.Gate
	rehearsal.Gate
}

// Ledger is what all calls together need of SQL.
type Ledger interface {
	buyer.Ledger
	operator.Ledger
	callback.Ledger
	rehearsal.Ledger
}

// Provider is what all calls together need of a payment provider.
type Provider interface {
	buyer.Provider
	callback.Provider
}

var (
	_ Gate     = (*gate.Gate)(nil)
	_ Ledger   = (*ledger.Ledger)(nil)
	_ Provider = payment.Provider(nil)
)

// Config is all that a test may want otherwise; the fields are those of the packages'
// own configs, and mean the same.
type Config struct {
	Gate        Gate
	Ledger      Ledger
	IDs         web.IDs
	Providers   []Provider
	Auditor     operator.Auditor
	Stock       operator.Stock
	DeadLetters operator.DeadLetters
	System      func(context.Context) operator.System

	HS256Secret      []byte
	JWKSURL          string
	JWKSClient       *http.Client
	Issuer, Audience string
	MaxTokenLife     time.Duration
	Hosts            []string
	DemoLogin        bool
	Rehearsals       bool
	AdminToken       string
	Opened           <-chan struct{}

	Ack         buyer.AckMode
	SettledWait time.Duration

	PerIPRPS       float64
	PerIPBurst     int
	PerBuyerRPS    float64
	PerBuyerBurst  int
	TrustedProxies []string

	MaxStreams    int
	MaxAllStreams int
	StreamsPerIP  int
	MaxStream     time.Duration
	Heartbeat     time.Duration
	Poll          time.Duration
	SampleEvery   time.Duration

	UI       http.Handler
	MockPay  http.Handler
	Registry *prometheus.Registry
	Clock    seckill.Clock
	Logger   *slog.Logger
}

// Server is the public port with all that is mounted there.
type Server struct {
	*web.Server
	operators  *operator.API
	rehearsals *rehearsal.API
}

// New mounts everything, as cmd/seckill does.
func New(c Config) (*Server, error) {
	c.Registry = cmp.Or(c.Registry, prometheus.NewRegistry())
	tokens, err := token.New(token.Config{HS256Secret: c.HS256Secret, JWKSURL: c.JWKSURL, JWKSClient: c.JWKSClient,
		Issuer: c.Issuer, Audience: c.Audience, MaxLife: c.MaxTokenLife, Clock: c.Clock, Logger: c.Logger})
	if err != nil {
		return nil, err
	}
	s := &Server{}
	if s.Server, err = web.New(web.Config{Gate: c.Gate, Tokens: tokens, AdminToken: c.AdminToken, Hosts: c.Hosts, Opened: c.Opened,
		PerIPRPS: c.PerIPRPS, PerIPBurst: c.PerIPBurst, PerBuyerRPS: c.PerBuyerRPS, PerBuyerBurst: c.PerBuyerBurst,
		TrustedProxies: c.TrustedProxies, MaxStream: c.MaxStream, UI: c.UI, MockPay: c.MockPay,
		Registry: c.Registry, Clock: c.Clock, Logger: c.Logger}); err != nil {
		return nil, err
	}
	shop, err := buyer.Mount(s.Server, c.buyers(tokens))
	if err != nil {
		return nil, err
	}
	if s.operators, err = operator.Mount(s.Server, operator.Config{Gate: c.Gate, Ledger: c.Ledger, Shop: shop, IDs: c.IDs,
		Auditor: c.Auditor, Stock: c.Stock, DeadLetters: c.DeadLetters, System: c.System, SampleEvery: c.SampleEvery, Clock: c.Clock, Logger: c.Logger}); err != nil {
		return nil, err
	}
	if s.rehearsals, err = rehearsal.Mount(s.Server, rehearsal.Config{Enabled: c.Rehearsals, Gate: c.Gate, Ledger: c.Ledger,
		Operators: s.operators, Shop: shop, Tokens: tokens, Auditor: c.Auditor, Clock: c.Clock, Logger: c.Logger}); err != nil {
		return nil, err
	}
	return s, callback.Mount(s.Server, c.callbacks(s.rehearsals.Provider()))
}

func (c Config) buyers(tokens *token.Tokens) buyer.Config {
	b := buyer.Config{Gate: c.Gate, Ledger: c.Ledger, IDs: c.IDs, Ack: c.Ack, SettledWait: c.SettledWait,
		MaxStreams: c.MaxStreams, MaxAllStreams: c.MaxAllStreams, StreamsPerIP: c.StreamsPerIP,
		Heartbeat: c.Heartbeat, Poll: c.Poll, Registry: c.Registry, Clock: c.Clock}
	for _, p := range c.Providers {
		b.Providers = append(b.Providers, p)
	}
	if c.DemoLogin {
		b.Demo = tokens
	}
	return b
}

func (c Config) callbacks(crowds payment.Provider) callback.Config {
	b := callback.Config{Gate: c.Gate, Ledger: c.Ledger, Registry: c.Registry, Clock: c.Clock, Logger: c.Logger}
	for _, p := range c.Providers {
		b.Providers = append(b.Providers, p)
	}
	if crowds != nil {
		b.Providers = append(b.Providers, crowds)
	}
	return b
}

// NewServer is New for a config that has to be right.
func NewServer(t testing.TB, cfg Config) *Server {
	t.Helper()
	s, err := New(cfg)
	require.NoError(t, err)
	return s
}

// SetDraining ends what would outlast a drain, or allows it again.
func (s *Server) SetDraining(on bool) {
	s.Server.SetDraining(on)
	s.rehearsals.SetDraining(on)
}

// KeepHistory samples sales until ctx ends.
func (s *Server) KeepHistory(ctx context.Context) error { return s.operators.KeepHistory(ctx) }
