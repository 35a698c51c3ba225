package web

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
)

// webhook takes a payment provider's callback. 200 means that SQL has committed
// it and that all that must follow is durable there; whatever stands against
// that is answered so that the provider sends it again.
func (s *Server) webhook(c *gin.Context) {
	provider, found := s.providers[c.Param("provider")]
	if !found {
		s.fail(c, seckill.Errorf(seckill.CodeNotFound, "There is no such payment provider."))
		return
	}
	// The signature is over the bytes as they came, so they are read before all else.
	body, ok := s.readBody(c)
	if !ok {
		return
	}
	event, err := provider.Verify(c.Request.Header, body)
	if err != nil {
		if seckill.CodeOf(err) == seckill.CodeUnauthorized {
			s.failAuth(c, err)
		} else {
			s.fail(c, err)
		}
		return
	}
	s.applyPayment(c, event)
}

func (s *Server) applyPayment(c *gin.Context, event seckill.PaymentEvent) {
	if !concernsUs(event.Type) {
		s.logCallback(c, event, seckill.PaymentIgnored)
		writeResult(c, seckill.PaymentIgnored)
		return
	}
	ctx := c.Request.Context()
	outcome, order, err := s.cfg.Ledger.ApplyPayment(ctx, event)
	if err == nil {
		err = fault.Point(ctx, fault.CallbackCommitted)
	}
	if err == nil && outcome == seckill.PaymentLate {
		// A worker decides if this process cannot; the provider asks again either way.
		outcome, order, err = s.cfg.Ledger.Retake(ctx, order, s.cfg.Gate.Retake)
	}
	if err != nil {
		s.fail(c, notDurable(err))
		return
	}
	s.logCallback(c, event, outcome)
	if outcome == seckill.PaymentMismatch {
		s.fail(c, seckill.Errorf(seckill.CodePaymentMismatch,
			"The order, amount or currency does not fit. It has been recorded and raised."))
		return
	}
	if order.ID != 0 && (outcome == seckill.PaymentApplied || outcome == seckill.PaymentRefundDue) {
		s.announce(order)
	}
	writeResult(c, outcome)
}

// logCallback is the one line in the log of a callback that was taken.
func (s *Server) logCallback(c *gin.Context, event seckill.PaymentEvent, outcome seckill.PaymentOutcome) {
	ctx, level := c.Request.Context(), slog.LevelInfo
	if rehearsing(ctx) {
		level = slog.LevelDebug // a crowd's payments are no news
	}
	s.cfg.Logger.LogAttrs(ctx, level, "payment callback", slog.String("request_id", requestID(c)),
		slog.String("provider", event.Provider), slog.String("event", event.ID), slog.String("type", string(event.Type)),
		slog.String("order_id", event.OrderID.String()), slog.String("outcome", string(outcome)),
		slog.String("ip", s.client(c.Request).String()))
}

// concernsUs tells whether the type is one of the contract. Providers have more
// types than we know, and send them again for ever if they are refused.
func concernsUs(t seckill.PaymentEventType) bool {
	switch t {
	case seckill.PaymentSucceeded, seckill.PaymentFailed, seckill.RefundSucceeded, seckill.RefundFailed:
		return true
	default:
		return false
	}
}

// notDurable makes every failure but a plain refusal one after which the
// provider tries again: money was moved, and only SQL may forget it.
func notDurable(err error) error {
	if seckill.CodeOf(err) == seckill.CodeInvalidRequest {
		return err
	}
	var known *seckill.Error
	if errors.As(err, &known) && known.Code == seckill.CodeUnavailable {
		return err
	}
	return seckill.Unavailable(err, "The callback could not be recorded. Please send it again.")
}

func writeResult(c *gin.Context, outcome seckill.PaymentOutcome) {
	writeJSON(c, http.StatusOK, struct {
		Result seckill.PaymentOutcome `json:"result"`
	}{outcome})
}
