package rpc

import (
	"context"
	"time"
	"unicode/utf8"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/inventory"
	"github.com/seckill-go/seckill/web/rpc/inventoryv1"
)

// stockService is seckill.inventory.v1 over the shop's stock.
type stockService struct{ stock Stock }

// maxActor leaves room for what marks the actors of this port.
const maxActor = seckill.MaxBuyerRunes - len(actorMark)

func (s stockService) SetInv(ctx context.Context, req *connect.Request[inventoryv1.SetInvRequest]) (*connect.Response[inventoryv1.SetInvResponse], error) {
	m := req.Msg
	if utf8.RuneCountInString(m.Actor) > maxActor {
		return nil, seckill.Invalid("actor", "must be 1 to %d printable characters", maxActor)
	}
	set := inventory.Set{Goods: m.Goods, Version: m.Version, Strategy: m.Strategy, Reason: m.Reason, Actor: actor(m.Actor)}
	switch c := m.Change.(type) {
	case *inventoryv1.SetInvRequest_OnHand:
		set.To = &c.OnHand
	case *inventoryv1.SetInvRequest_By:
		set.By = c.By
	}
	g, err := s.stock.SetInv(ctx, set)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&inventoryv1.SetInvResponse{Goods: goods(g)}), nil
}

func (s stockService) InvDetail(ctx context.Context, req *connect.Request[inventoryv1.InvDetailRequest]) (*connect.Response[inventoryv1.InvDetailResponse], error) {
	g, err := s.stock.InvDetail(ctx, req.Msg.Goods)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&inventoryv1.InvDetailResponse{Goods: goods(g)}), nil
}

func (s stockService) BatchInvDetail(ctx context.Context, req *connect.Request[inventoryv1.BatchInvDetailRequest]) (*connect.Response[inventoryv1.BatchInvDetailResponse], error) {
	list, err := s.stock.BatchInvDetail(ctx, req.Msg.Goods)
	if err != nil {
		return nil, err
	}
	resp := &inventoryv1.BatchInvDetailResponse{}
	for _, g := range list {
		resp.Goods = append(resp.Goods, goods(g))
	}
	return connect.NewResponse(resp), nil
}

func (s stockService) Sell(ctx context.Context, req *connect.Request[inventoryv1.SellRequest]) (*connect.Response[inventoryv1.SellResponse], error) {
	m := req.Msg
	o := inventory.Order{OrderNo: m.OrderNo, User: m.User}
	for _, l := range m.Lines {
		o.Lines = append(o.Lines, inventory.Line{Goods: l.GetGoods(), Quantity: l.GetQuantity()})
	}
	if m.Hold != nil {
		if err := m.Hold.CheckValid(); err != nil {
			return nil, seckill.Invalid("hold", "must be a duration such as 900s")
		}
		if o.Hold = m.Hold.AsDuration(); o.Hold == 0 {
			o.Hold = -1 // a hold of nothing is not no hold
		}
	}
	d, err := s.stock.Sell(ctx, o)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&inventoryv1.SellResponse{Deduction: deduction(d)}), nil
}

func (s stockService) Confirm(ctx context.Context, req *connect.Request[inventoryv1.ConfirmRequest]) (*connect.Response[inventoryv1.ConfirmResponse], error) {
	d, err := s.stock.Confirm(ctx, req.Msg.OrderNo)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&inventoryv1.ConfirmResponse{Deduction: deduction(d)}), nil
}

func (s stockService) Rollback(ctx context.Context, req *connect.Request[inventoryv1.RollbackRequest]) (*connect.Response[inventoryv1.RollbackResponse], error) {
	d, err := s.stock.Rollback(ctx, req.Msg.OrderNo)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&inventoryv1.RollbackResponse{Deduction: deduction(d)}), nil
}

func (s stockService) History(ctx context.Context, req *connect.Request[inventoryv1.HistoryRequest]) (*connect.Response[inventoryv1.HistoryResponse], error) {
	m := req.Msg
	if m.Limit < 0 || m.Limit > 1_000 {
		return nil, seckill.Invalid("limit", "must be 1 to 1000, or 0 for 1000")
	}
	changes, err := s.stock.History(ctx, inventory.HistoryQuery{Goods: m.GetGoods(), OrderNo: m.GetOrderNo(), User: m.GetUser(),
		Limit: int(m.Limit), Cursor: m.Cursor})
	if err != nil {
		return nil, err
	}
	resp := &inventoryv1.HistoryResponse{}
	for _, c := range changes {
		resp.Changes = append(resp.Changes, change(c))
	}
	return connect.NewResponse(resp), nil
}

// actor marks who changed the stock over this port, so that a service cannot pass for an
// operator.
func actor(name string) string {
	if name == "" {
		return ""
	}
	return actorMark + name
}

const actorMark = "rpc:"

func goods(g inventory.Goods) *inventoryv1.Goods {
	return &inventoryv1.Goods{Goods: g.Goods, Available: g.Available, Reserved: g.Reserved, Allotted: g.Allotted, Sold: g.Sold,
		Version: g.Version, Strategy: g.Strategy, UpdatedAt: timestamp(g.UpdatedAt)}
}

func deduction(d inventory.Deduction) *inventoryv1.Deduction {
	out := &inventoryv1.Deduction{OrderNo: d.OrderNo, User: d.User, State: inventoryv1.State(d.State), HoldUntil: timestamp(d.HoldUntil),
		CreatedAt: timestamp(d.CreatedAt), UpdatedAt: timestamp(d.UpdatedAt)}
	for _, l := range d.Lines {
		out.Lines = append(out.Lines, &inventoryv1.Line{Goods: l.Goods, Quantity: l.Quantity})
	}
	return out
}

func change(c inventory.Change) *inventoryv1.Change {
	out := &inventoryv1.Change{Id: c.ID, Goods: c.Goods, Kind: inventoryv1.Kind(c.Kind), Quantity: c.Quantity, OrderNo: c.OrderNo,
		User: c.User, Reason: c.Reason, At: timestamp(c.At)}
	if c.SaleID != 0 {
		out.SaleId = c.SaleID.String()
	}
	return out
}

// timestamp leaves a time that is not there out.
func timestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
