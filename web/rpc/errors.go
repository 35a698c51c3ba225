package rpc

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/inventory"
	"github.com/seckill-go/seckill/web/rpc/inventoryv1"
)

var (
	errInternal  = errors.New("something went wrong in the service")
	errNoService = errors.New("no such service")
)

// statusOf are the field's status codes of ours. What is not in it is internal.
var statusOf = map[seckill.Code]connect.Code{
	seckill.CodeInvalidRequest: connect.CodeInvalidArgument,
	seckill.CodeNotFound:       connect.CodeNotFound,
	seckill.CodeSoldOut:        connect.CodeFailedPrecondition,
	seckill.CodeConflict:       connect.CodeFailedPrecondition,
	seckill.CodeRateLimited:    connect.CodeResourceExhausted,
	seckill.CodeUnavailable:    connect.CodeUnavailable,
}

// told makes errors what callers are told, and logs what is our own fault.
func told(log *slog.Logger) connect.UnaryInterceptorFunc {
	return func(next connect.UnaryFunc) connect.UnaryFunc {
		return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
			resp, err := next(ctx, req)
			if err == nil {
				return resp, nil
			}
			refusal := refusalOf(ctx, err)
			if refusal.Code() == connect.CodeInternal {
				log.ErrorContext(ctx, "a call failed", "procedure", req.Spec().Procedure, "error", err)
			}
			return nil, refusal
		}
	}
}

func refusalOf(ctx context.Context, err error) *connect.Error {
	var already *connect.Error
	var own *seckill.Error
	switch {
	case errors.As(err, &already):
		return already
	case errors.Is(err, inventory.ErrVersion):
		return connect.NewError(connect.CodeAborted, errors.New(seckill.DetailOf(err)))
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return connect.NewError(connect.CodeDeadlineExceeded, errors.New("the deadline passed; the call may have taken effect, repeat it"))
	case errors.Is(ctx.Err(), context.Canceled):
		return connect.NewError(connect.CodeCanceled, errors.New("the caller went away; the call may have taken effect"))
	case !errors.As(err, &own):
		return connect.NewError(connect.CodeInternal, errInternal)
	}
	code, known := statusOf[own.Code]
	if !known {
		return connect.NewError(connect.CodeInternal, errInternal)
	}
	refusal := connect.NewError(code, errors.New(own.Detail))
	for _, d := range detailsOf(own) {
		if detail, err := connect.NewErrorDetail(d); err == nil {
			refusal.AddDetail(detail)
		}
	}
	return refusal
}

// detailsOf are what a program can read of an error.
func detailsOf(err *seckill.Error) (details []proto.Message) {
	if len(err.Fields) > 0 {
		bad := &errdetails.BadRequest{}
		for _, f := range err.Fields {
			bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{Field: f.Field, Description: f.Reason})
		}
		details = append(details, bad)
	}
	var short *inventory.ShortError
	if errors.As(err, &short) {
		missing := &inventoryv1.Missing{}
		for _, g := range short.Goods {
			missing.Goods = append(missing.Goods, &inventoryv1.Missing_Goods{Goods: g.Goods, Wanted: g.Wanted, Available: g.Available})
		}
		details = append(details, missing)
	}
	var unknown *inventory.UnknownError
	if errors.As(err, &unknown) {
		details = append(details, &inventoryv1.UnknownGoods{Goods: unknown.Goods})
	}
	if state, ok := inventoryv1.State_value["STATE_"+strings.ToUpper(err.State)]; ok && err.State != "" {
		details = append(details, &inventoryv1.Conflict{State: inventoryv1.State(state)})
	}
	if err.RetryAfter > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(err.RetryAfter.Round(time.Millisecond))})
	}
	return details
}
