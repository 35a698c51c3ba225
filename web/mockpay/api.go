package mockpay

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/payment"
)

// APIPrefix is where the gateway's own API is, as a shop's server calls it:
// GET {APIPrefix}/payments/{payment_id} and POST {APIPrefix}/refunds.
const APIPrefix = Prefix + "api"

// maxRequestBytes bounds a request to the API.
const maxRequestBytes = 64 << 10

// signed lets only the shop's own server through, and gives the handler the
// body as it was signed.
func (h *Handler) signed(do func(w http.ResponseWriter, r *http.Request, body []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBytes))
		if err != nil {
			answerProblem(w, seckill.Invalid("body", "cannot be read"))
			return
		}
		if _, err := h.verifier.Verify(r.Header, body); err != nil {
			answerProblem(w, err)
			return
		}
		do(w, r, body)
	}
}

// answerPayment tells what became of a payment.
func (h *Handler) answerPayment(w http.ResponseWriter, r *http.Request, _ []byte) {
	f, err := h.find(r)
	if err != nil {
		answerProblem(w, err)
		return
	}
	type state struct {
		PaymentID string         `json:"payment_id"`
		OrderID   seckill.ID     `json:"order_id"`
		Amount    int64          `json:"amount"`
		Currency  string         `json:"currency"`
		Status    payment.Status `json:"status"`
		PaidAt    *time.Time     `json:"paid_at,omitempty"`
	}
	p := f.payment
	s := state{PaymentID: p.ID, OrderID: p.OrderID, Amount: p.Amount, Currency: p.Currency, Status: payment.StatusOpen}
	switch {
	case p.Status == "refunded":
		s.Status = payment.StatusRefunded
	case !f.paidAt.IsZero():
		s.Status, s.PaidAt = payment.StatusSucceeded, &f.paidAt
	case p.Status != "open" && p.Status != "failed":
		s.Status, s.PaidAt = payment.StatusSucceeded, &p.CreatedAt
	case p.Status == "failed":
		s.Status = payment.StatusFailed
	}
	answerJSON(w, http.StatusOK, s)
}

// refund returns no money, since it took none: it says yes to whatever the shop
// owes. Asked again, it says so again.
func (h *Handler) refund(w http.ResponseWriter, r *http.Request, body []byte) {
	var in payment.RefundRequest
	if json.Unmarshal(body, &in) != nil || in.RefundID == "" {
		answerProblem(w, seckill.Invalid("body", "is not a refund"))
		return
	}
	p, err := h.cfg.Ledger.Payment(r.Context(), h.cfg.Provider, in.PaymentID)
	switch {
	case err != nil:
	case p.OrderID != in.OrderID || p.Amount != in.Amount || p.Currency != in.Currency:
		err = seckill.Errorf(seckill.CodePaymentMismatch, "order, amount or currency are not the payment's")
	case p.Status != refundDue && p.Status != "refunded":
		err = &seckill.Error{Code: seckill.CodeConflict, Detail: "there is nothing to refund", State: p.Status}
	}
	if err != nil {
		answerProblem(w, err)
		return
	}
	h.cfg.Logger.Info("mock payment refunded", "payment", p.ID, "refund", in.RefundID, "reason", in.Reason)
	answerJSON(w, http.StatusOK, struct {
		RefundID string              `json:"refund_id"`
		Status   payment.RefundState `json:"status"`
	}{in.RefundID, payment.RefundDone})
}

func answerProblem(w http.ResponseWriter, err error) {
	status := map[seckill.Code]int{
		seckill.CodeUnauthorized:    http.StatusUnauthorized,
		seckill.CodeInvalidRequest:  http.StatusBadRequest,
		seckill.CodeNotFound:        http.StatusNotFound,
		seckill.CodeConflict:        http.StatusConflict,
		seckill.CodePaymentMismatch: http.StatusUnprocessableEntity,
		seckill.CodeUnavailable:     http.StatusServiceUnavailable,
	}[seckill.CodeOf(err)]
	if status == 0 {
		status = http.StatusInternalServerError
	}
	detail := ""
	if e := (*seckill.Error)(nil); errors.As(err, &e) {
		detail = e.Detail
	}
	answerJSON(w, status, struct {
		Code   seckill.Code `json:"code"`
		Detail string       `json:"detail"`
	}{seckill.CodeOf(err), detail})
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the shop may be gone
}
