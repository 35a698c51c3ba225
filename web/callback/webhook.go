package callback

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/payment"
	"github.com/seckill-go/seckill/web"
)

// webhook takes a payment provider's callback. 200 means that SQL has committed
// it and that all that must follow is durable there; whatever stands against
// that is answered so that the provider sends it again.
func (s *api) webhook(c *gin.Context) {
	event, why := s.believe(c)
	if why != "" {
		s.disbelieved(c, why)
		return
	}
	s.applyPayment(c, event)
}

// Why a callback is not believed. Anybody can send one of these.
const (
	ofNoProvider = "provider"
	withoutBody  = "body"
	unsigned     = "unsigned"
	stale        = "stale"
	badSignature = "signature"
)

// outcomes are all that a callback can come to.
var outcomes = []string{
	string(seckill.PaymentApplied), string(seckill.PaymentDuplicate), string(seckill.PaymentRefundDue), string(seckill.PaymentIgnored),
	string(seckill.PaymentMismatch), string(seckill.PaymentMalformed), notRecorded,
	ofNoProvider, withoutBody, unsigned, stale, badSignature,
}

// notRecorded is the outcome of what SQL could not take.
const notRecorded = "unavailable"

// believe reads a callback that a provider has signed. Otherwise it has answered, and
// tells why.
func (s *api) believe(c *gin.Context) (event seckill.PaymentEvent, why string) {
	provider, found := s.cfg.byName[c.Param("provider")]
	if !found {
		s.Fail(c, seckill.Errorf(seckill.CodeNotFound, "There is no such payment provider."))
		return event, ofNoProvider
	}
	// The signature is over the bytes as they came, so they are read before all else.
	body, ok := s.ReadBody(c)
	if !ok {
		return event, withoutBody
	}
	event, err := provider.Verify(c.Request.Header, body)
	if err == nil {
		return event, ""
	}
	s.server.FailSignature(c, err)
	switch {
	case errors.Is(err, payment.ErrUnsigned):
		return event, unsigned
	case errors.Is(err, payment.ErrStale):
		return event, stale
	}
	return event, badSignature
}

// disbelieved counts what anybody can send, and writes no line for each.
func (s *api) disbelieved(c *gin.Context, why string) {
	s.outcomes.WithLabelValues(why).Inc()
	s.disbelief.Warn(c.Request.Context(), "payment callbacks are not believed",
		slog.String("why", why), slog.String("ip", s.server.Client(c.Request).String()))
}

func (s *api) applyPayment(c *gin.Context, event seckill.PaymentEvent) {
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
		s.outcomes.WithLabelValues(notRecorded).Inc()
		s.Fail(c, notDurable(err))
		return
	}
	s.logCallback(c, event, outcome)
	switch outcome {
	case seckill.PaymentMismatch:
		s.Fail(c, seckill.Errorf(seckill.CodePaymentMismatch,
			"The order, amount or currency does not fit, or another event had this id. It has been recorded and raised."))
		return
	case seckill.PaymentMalformed:
		s.Fail(c, malformed(event))
		return
	}
	if order.ID != 0 && (outcome == seckill.PaymentApplied || outcome == seckill.PaymentRefundDue) {
		s.cfg.Gate.Announce(seckill.Change{OrderID: order.ID, Status: order.Status})
	}
	writeResult(c, outcome)
}

// logCallback counts a callback that was taken, and is its one line in the log.
func (s *api) logCallback(c *gin.Context, event seckill.PaymentEvent, outcome seckill.PaymentOutcome) {
	s.outcomes.WithLabelValues(string(outcome)).Inc()
	ctx, level := c.Request.Context(), slog.LevelInfo
	if web.Rehearsing(ctx) {
		level = slog.LevelDebug // a crowd's payments are no news
	}
	s.cfg.Logger.LogAttrs(ctx, level, "payment callback", slog.String("request_id", web.RequestID(c)),
		slog.String("provider", event.Provider), slog.String("event", event.ID), slog.String("type", string(event.Type)),
		slog.String("order_id", event.OrderID.String()), slog.String("outcome", string(outcome)),
		slog.String("ip", s.server.Client(c.Request).String()))
}

// malformed is what the provider is told of an event that is recorded and raised.
func malformed(event seckill.PaymentEvent) error {
	if event.Malformed == nil { // the ledger could not keep it as it was
		return seckill.Errorf(seckill.CodeInvalidRequest, "The event is malformed. It has been recorded and raised.")
	}
	return event.Malformed
}

// notDurable makes every failure one after which the provider tries again: money was
// moved, and only SQL may forget it.
func notDurable(err error) error {
	var known *seckill.Error
	if errors.As(err, &known) && known.Code == seckill.CodeUnavailable {
		return err
	}
	return seckill.Unavailable(err, "The callback could not be recorded. Please send it again.")
}

func writeResult(c *gin.Context, outcome seckill.PaymentOutcome) {
	web.WriteJSON(c, http.StatusOK, struct {
		Result seckill.PaymentOutcome `json:"result"`
	}{outcome})
}
