package buyer

import (
	"context"
	"net/http"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/fair"
	"github.com/seckill-go/seckill/web"
)

// passHeader is where a buyer shows the pass whose turn it is.
const passHeader = "Queue-Pass"

// admitTurn asks the gate for one who shows a pass. Whether it is good takes no call; whether
// its turn was used, and is of this epoch, the gate tells with the order.
func (s *API) admitTurn(ctx context.Context, req seckill.Request, shown string) (seckill.Order, int, error) {
	key, err := s.queueViews.key(ctx, req.SaleID)
	if err != nil {
		return seckill.Order{}, 0, err
	}
	pass, err := fair.ReadPass(shown, key, req.SaleID, req.Buyer, s.clock.Now(ctx))
	if err != nil {
		return s.withoutTurn(ctx, req)
	}
	req.Turn = pass.Turn
	order, status, err := s.admit(ctx, req)
	if seckill.CodeOf(err) == seckill.CodeQueueRequired {
		return s.withoutTurn(ctx, req)
	}
	return order, status, err
}

// withoutTurn tells a buyer whose turn it is not where he stands. One who has ordered with
// the same key gets that order: his pass may have ended before he had heard of it.
func (s *API) withoutTurn(ctx context.Context, req seckill.Request) (none seckill.Order, status int, err error) {
	p, err := s.cfg.Ledger.Place(ctx, req.SaleID, req.Buyer)
	if web.IsNotFound(err) {
		return none, 0, seckill.Errorf(seckill.CodeQueueRequired, "This sale lets people in through a queue. Join it first.")
	}
	if err != nil {
		return none, 0, err
	}
	if req.Key != "" {
		order, err := s.cfg.Ledger.OrderOfKey(ctx, req.SaleID, req.Buyer, req.Key)
		if err == nil {
			return order, http.StatusOK, asBefore(order, req.Lines)
		}
		if !web.IsNotFound(err) {
			return none, 0, err
		}
	}
	return none, 0, s.notYet(ctx, p)
}

// notYet is the problem of one who has a place, and no turn.
func (s *API) notYet(ctx context.Context, p seckill.Place) error {
	body, err := s.turnBody(ctx, p)
	if err != nil {
		return err
	}
	e := &seckill.Error{Code: seckill.CodeQueueRequired}
	switch body.State {
	case seckill.PlaceCalled:
		e.Detail = "It is your turn, and this pass is not good any more. Ask for your place to get the one that is."
	case seckill.PlaceServed:
		e.Detail = "Your turn has made an order. Join the queue again for another one."
	case seckill.PlaceLapsed:
		e.Detail = "Your turn has passed. Join the queue again."
	default:
		e.Detail = "It is not your turn yet."
	}
	if body.State == seckill.PlaceWaiting && body.Place != nil {
		e.Place, e.Ahead = *body.Place, *body.Ahead
	}
	return e
}
