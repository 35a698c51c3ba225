// Package rpc is the port for the shop's other services: gRPC, gRPC-Web and JSON over
// HTTP, all three on one address, by Connect. Folder proto has what is promised, and
// scripts/proto.sh makes inventoryv1 of it.
//
// Every call but the health check needs the service token. Begin with Handler.
package rpc

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"time"

	"connectrpc.com/connect"
	"connectrpc.com/grpchealth"
	"connectrpc.com/grpcreflect"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/seckill-go/seckill/seckill/inventory"
	"github.com/seckill-go/seckill/web/rpc/inventoryv1/inventoryv1connect"
)

const (
	// maxRequest is several times what 100 lines with the longest names take.
	maxRequest = 64 << 10
	// longest is how long a call may take whose caller has set no deadline, or a
	// longer one.
	longest = 30 * time.Second
)

// Stock is what the inventory service needs.
type Stock interface {
	SetInv(ctx context.Context, s inventory.Set) (inventory.Goods, error)
	InvDetail(ctx context.Context, goods string) (inventory.Goods, error)
	BatchInvDetail(ctx context.Context, goods []string) ([]inventory.Goods, error)
	Sell(ctx context.Context, o inventory.Order) (inventory.Deduction, error)
	Confirm(ctx context.Context, orderNo string) (inventory.Deduction, error)
	Rollback(ctx context.Context, orderNo string) (inventory.Deduction, error)
	History(ctx context.Context, q inventory.HistoryQuery) ([]inventory.Change, error)
}

// Config says what the port serves.
type Config struct {
	Stock Stock
	// Token is what callers have to show.
	Token string
	// Ready tells whether calls can be answered; the health check tells it on. Nil:
	// always.
	Ready func(ctx context.Context) error
	// Registry takes the port's metrics; nil: there are none.
	Registry prometheus.Registerer
	Logger   *slog.Logger
}

// Handler serves all services of the port.
func Handler(cfg Config) http.Handler {
	m := newMetrics(cfg.Registry)
	services := []string{inventoryv1connect.InventoryServiceName}
	options := connect.WithHandlerOptions(
		connect.WithReadMaxBytes(maxRequest),
		connect.WithCodec(strictJSON{plainJSON}),
		connect.WithCodec(strictJSON{utf8JSON}),
		connect.WithInterceptors(m.counted(), bounded(), told(cfg.Logger)),
		connect.WithRecover(recovered(cfg.Logger)),
	)
	closed := http.NewServeMux()
	closed.Handle(inventoryv1connect.NewInventoryServiceHandler(stockService{cfg.Stock}, options))
	reflector := grpcreflect.NewStaticReflector(append(services, grpchealth.HealthV1ServiceName)...)
	closed.Handle(grpcreflect.NewHandlerV1(reflector, options))
	closed.Handle(grpcreflect.NewHandlerV1Alpha(reflector, options))

	mux := http.NewServeMux()
	mux.Handle(grpchealth.NewHandler(health{services, cfg.Ready}, options))
	mux.Handle("/", (&guard{token: sha256.Sum256([]byte(cfg.Token)), metrics: m, log: cfg.Logger}).around(closed))
	return mux
}

// bounded gives every call an end.
func bounded() connect.UnaryInterceptorFunc {
	return func(next connect.UnaryFunc) connect.UnaryFunc {
		return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
			ctx, cancel := context.WithTimeout(ctx, longest)
			defer cancel()
			return next(ctx, req)
		}
	}
}

func recovered(log *slog.Logger) func(context.Context, connect.Spec, http.Header, any) error {
	return func(ctx context.Context, spec connect.Spec, _ http.Header, cause any) error {
		log.ErrorContext(ctx, "a call panicked", "procedure", spec.Procedure, "cause", cause)
		return connect.NewError(connect.CodeInternal, errInternal)
	}
}

// health answers grpc.health.v1 by the readiness of the process.
type health struct {
	services []string
	ready    func(ctx context.Context) error
}

func (h health) Check(ctx context.Context, req *grpchealth.CheckRequest) (*grpchealth.CheckResponse, error) {
	known := req.Service == ""
	for _, s := range h.services {
		known = known || s == req.Service
	}
	if !known {
		return nil, connect.NewError(connect.CodeNotFound, errNoService)
	}
	if h.ready != nil && h.ready(ctx) != nil {
		return &grpchealth.CheckResponse{Status: grpchealth.StatusNotServing}, nil
	}
	return &grpchealth.CheckResponse{Status: grpchealth.StatusServing}, nil
}
