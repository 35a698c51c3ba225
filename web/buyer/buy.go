package buyer

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

// buy is the hot path: no SQL, and one share of one Redis call.
func (s *API) buy(c *gin.Context, buyer string) {
	saleID, ok := s.PathID(c, "sale")
	if !ok {
		return
	}
	key, ok := s.IdempotencyKey(c)
	if !ok {
		return
	}
	body, ok := s.JSONBody(c)
	if !ok {
		return
	}
	lines, err := s.wishes.read(body)
	if err != nil {
		s.Fail(c, err)
		return
	}
	ctx := c.Request.Context()
	order, status, err := s.placeOrder(ctx, saleID, buyer, key, lines, c.Request.Header)
	if err == nil {
		err = fault.Point(ctx, fault.BuyAdmitted)
	}
	if err != nil {
		code := web.ProblemCode(err)
		s.admissions.WithLabelValues(string(code)).Inc()
		if code != seckill.CodeNotFound {
			s.refusals.add(saleID, code)
		}
		status := 0
		if errors.Is(err, seckill.ErrKeyReused) {
			status = http.StatusUnprocessableEntity
		}
		s.FailStatus(c, status, err)
		return
	}
	outcome := "admitted"
	if status == http.StatusOK {
		outcome = "repeated"
	}
	s.admissions.WithLabelValues(outcome).Inc()
	writeOrder(c, status, order)
}

// placeOrder asks the gate and gives the order with the status of the answer:
// 202 for a new one, 200 for one that the same key made before.
func (s *API) placeOrder(ctx context.Context, saleID seckill.ID, buyer, key string, lines []seckill.Line, header http.Header) (seckill.Order, int, error) {
	sale, err := s.catalogue.forBuying(ctx, saleID)
	if err != nil {
		return s.repeatedLate(ctx, saleID, buyer, key, lines, err)
	}
	id, err := web.NextID(s.cfg.IDs, "Orders cannot be taken here at the moment. Please try again.")
	if err != nil {
		return seckill.Order{}, 0, err
	}
	req, err := seckill.NewRequest(&sale, id, buyer, key, lines)
	if err != nil {
		return seckill.Order{}, 0, err
	}
	if sale.Entry == seckill.EntryQueue {
		return s.admitTurn(ctx, req, header.Get(passHeader))
	}
	order, status, err := s.admit(ctx, req)
	if sale.Entry == seckill.EntryDraw && seckill.CodeOf(err) == seckill.CodeSoldOut {
		err = s.drawnOr(ctx, req, err)
	}
	return order, status, err
}

func (s *API) admit(ctx context.Context, req seckill.Request) (seckill.Order, int, error) {
	if s.cfg.Ack == AckSettled {
		return s.admitSettled(ctx, req)
	}
	adm, err := s.cfg.Gate.Admit(ctx, req)
	if err != nil {
		return seckill.Order{}, 0, err
	}
	if adm.Repeated {
		return s.repeated(ctx, req, adm.OrderID)
	}
	return admitted(req, adm, seckill.OrderQueued), http.StatusAccepted, nil
}

// admitted is the order that an admission made of a request.
func admitted(r seckill.Request, a seckill.Admission, status seckill.OrderStatus) seckill.Order {
	return seckill.Order{
		ID: a.OrderID, SaleID: r.SaleID, Buyer: r.Buyer, RequestKey: r.Key, Ticket: a.Ticket,
		Lines: r.Lines, Amount: r.Amount, Currency: r.Currency, Status: status,
		CreatedAt: a.At, HoldUntil: a.HoldUntil,
	}
}

// repeated gives the order that an earlier request with the same key made, as it now
// is. SQL knows; Redis does only until SQL has it. When SQL cannot be asked, nobody
// knows, and a guess might hide a payment.
func (s *API) repeated(ctx context.Context, req seckill.Request, order seckill.ID) (seckill.Order, int, error) {
	recorded := func() (seckill.Order, error) { return s.cfg.Ledger.Order(ctx, order) }
	o, err := recordedOr(recorded, func() (seckill.Order, error) {
		o, err := s.cfg.Gate.QueuedOrder(ctx, req.SaleID, order)
		if err == nil {
			// The process that admitted it may never have known: its answer got lost.
			o.RequestKey = req.Key
			s.cfg.Gate.Remember(o)
		}
		return o, err
	})
	if err == nil {
		o, err = s.standing(ctx, o, req)
	}
	return o, http.StatusOK, err
}

// standing gives the order that a request's key stands for: this one, or another in
// SQL where this one failed because that has its key, as Redis had forgotten that one
// when it admitted this. It must be of what the request asks for.
func (s *API) standing(ctx context.Context, o seckill.Order, req seckill.Request) (seckill.Order, error) {
	if o.Status == seckill.OrderFailed && o.Reason == seckill.ReasonDuplicateRequest && req.Key != "" {
		other, err := s.cfg.Ledger.OrderOfKey(ctx, o.SaleID, o.Buyer, req.Key)
		if err == nil {
			o, err = other, s.cfg.Ledger.Durable(ctx)
		}
		if err != nil && !web.IsNotFound(err) {
			return o, err
		}
	}
	return o, asBefore(o, req.Lines)
}

// asBefore refuses a key that comes again with other lines than made its order.
// Giving that order would tell the buyer that he has bought what he has not.
func asBefore(o seckill.Order, lines []seckill.Line) error {
	if o.Wants(lines) {
		return nil
	}
	return &seckill.Error{Code: seckill.CodeConflict, OrderID: o.ID, State: string(o.Status), Cause: seckill.ErrKeyReused,
		Detail: "This Idempotency-Key has made an order of something else. Another order needs another key."}
}

// repeatedLate gives the order that the same key made in a sale that is over and
// has left Redis, which knew the keys; to any other request it passes on why
// nobody can buy.
func (s *API) repeatedLate(ctx context.Context, sale seckill.ID, buyer, key string, lines []seckill.Line, why error) (seckill.Order, int, error) {
	if key == "" || seckill.CodeOf(why) != seckill.CodeEnded {
		return seckill.Order{}, 0, why
	}
	order, err := s.cfg.Ledger.OrderOfKey(ctx, sale, buyer, key)
	switch {
	case web.IsNotFound(err):
		err = why
	case err == nil:
		err = asBefore(order, lines)
	}
	return order, http.StatusOK, err
}

const (
	settledFirstPoll = 300 * time.Millisecond
	settledPoll      = time.Second
)

// admitSettled admits and then waits for the SQL commit, so that a 202 means
// that the order outlives whatever happens to this process and to Redis.
func (s *API) admitSettled(ctx context.Context, req seckill.Request) (seckill.Order, int, error) {
	// Before the admission: the commit may come before Admit returns.
	changes, stop := s.cfg.Gate.Watch(req.OrderID)
	defer stop()
	adm, err := s.cfg.Gate.Admit(ctx, req)
	if err != nil {
		return seckill.Order{}, 0, err
	}
	if adm.Repeated {
		return s.repeatedSettled(ctx, req, adm.OrderID)
	}
	order, err := s.awaitCommit(ctx, changes, admitted(req, adm, seckill.OrderQueued))
	if err == nil {
		order, err = s.standing(ctx, order, req)
	}
	if err != nil {
		return order, 0, err
	}
	if order.ID != adm.OrderID {
		return order, http.StatusOK, nil
	}
	return order, http.StatusAccepted, refusedByLedger(order)
}

// repeatedSettled is repeated where a yes means committed: a second click while
// the first one waits for the commit waits for it too.
func (s *API) repeatedSettled(ctx context.Context, req seckill.Request, id seckill.ID) (seckill.Order, int, error) {
	changes, stop := s.cfg.Gate.Watch(id)
	defer stop()
	order, status, err := s.repeated(ctx, req, id)
	switch {
	case err != nil:
	case order.Status == seckill.OrderQueued:
		if order, err = s.awaitCommit(ctx, changes, order); err == nil {
			order, err = s.standing(ctx, order, req)
		}
	default:
		err = s.cfg.Ledger.Durable(ctx)
	}
	return order, status, err
}

// awaitCommit waits until SQL has the order, whatever became of it there. It
// waits for what Redis announces, and asks SQL now and then beneath it, since an
// announcement may be lost.
func (s *API) awaitCommit(ctx context.Context, changes <-chan seckill.Change, o seckill.Order) (seckill.Order, error) {
	bound := time.NewTimer(s.cfg.SettledWait)
	defer bound.Stop()
	poll := time.NewTimer(settledFirstPoll)
	defer poll.Stop()
	for {
		select {
		case change, open := <-changes:
			if !open {
				changes = nil
				continue
			}
			if change.Status == seckill.OrderAwaitingPayment {
				o.Status = change.Status
				return o, nil
			}
		case <-poll.C:
			poll.Reset(settledPoll)
		case <-bound.C:
			return o, uncertain(o.ID)
		case <-ctx.Done():
			return o, ctx.Err()
		}
		stored, err := s.cfg.Ledger.Order(ctx, o.ID)
		if err == nil && s.cfg.Ledger.Durable(ctx) == nil {
			return stored, nil
		}
	}
}

func uncertain(order seckill.ID) error {
	return &seckill.Error{Code: seckill.CodeUnavailable, OrderID: order, RetryAfter: time.Second, Cause: seckill.ErrOutcomeUnknown,
		Detail: "The order may have been accepted, but it is not recorded yet. Ask again with the same Idempotency-Key."}
}

// refusedByLedger is the problem of an order that SQL, the last word, did not
// accept; nil for any other.
func refusedByLedger(o seckill.Order) error {
	if o.Status != seckill.OrderFailed {
		return nil
	}
	code := seckill.CodeConflict
	if isSoldOut(o.Reason) {
		code = seckill.CodeSoldOut
	}
	// A reason is a stable word and a sentence for people.
	_, detail, worded := strings.Cut(o.Reason, ": ")
	if !worded {
		detail = "the order could not be recorded"
	}
	return &seckill.Error{Code: code, Detail: detail, State: string(o.Status), OrderID: o.ID}
}
