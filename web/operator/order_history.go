package operator

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/web"
)

const (
	// searchedLetters bounds how many dead letters are looked through for one order.
	searchedLetters = 200
	// letterPatience bounds the look, without which the rest is shown.
	letterPatience = 2 * time.Second
)

// places names where an order's units are.
var places = map[ledger.Place]string{
	ledger.PlaceReserved: "reserved", ledger.PlaceSold: "sold", ledger.PlaceReleasing: "releasing", ledger.PlaceReleased: "released",
}

var moves = map[ledger.StockMove]string{
	ledger.StockReserve: "reserve", ledger.StockRelease: "release", ledger.StockConfirm: "confirm", ledger.StockRetake: "retake",
}

type stockMoveBody struct {
	At       string `json:"at"`
	Move     string `json:"move"`
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity"`
}

type paymentBody struct {
	PaymentID      string `json:"payment_id"`
	Provider       string `json:"provider"`
	Amount         int64  `json:"amount"`
	Currency       string `json:"currency"`
	Status         string `json:"status"`
	CreatedAt      string `json:"created_at"`
	UpdatedAt      string `json:"updated_at"`
	RefundAttempts int    `json:"refund_attempts,omitempty"`
	RefundError    string `json:"refund_error,omitempty"`
}

type callbackBody struct {
	At        string                   `json:"at"`
	Provider  string                   `json:"provider"`
	EventID   string                   `json:"event_id"`
	Type      seckill.PaymentEventType `json:"type"`
	PaymentID string                   `json:"payment_id"`
	Amount    int64                    `json:"amount"`
	Currency  string                   `json:"currency"`
	PaidAt    string                   `json:"paid_at,omitempty"`
	Outcome   seckill.PaymentOutcome   `json:"outcome"`
	Note      string                   `json:"note,omitempty"`
}

// historyBody is one order with all that is known of it. One that is not in SQL
// yet has no history.
type historyBody struct {
	Order     json.RawMessage `json:"order"`
	Place     string          `json:"place"`
	UpdatedAt string          `json:"updated_at,omitempty"`
	Stock     []stockMoveBody `json:"stock"`
	Payments  []paymentBody   `json:"payments"`
	Callbacks []callbackBody  `json:"callbacks"`
	// DeadLetters that name the order; null where they could not be looked at.
	DeadLetters []deadLetterBody `json:"dead_letters"`
}

func (s *API) order(c *gin.Context) {
	id, ok := s.PathID(c, "order")
	if !ok {
		return
	}
	ctx := c.Request.Context()
	body, err := s.orderHistory(ctx, id)
	if err != nil {
		s.Fail(c, err)
		return
	}
	body.DeadLetters = s.lettersOf(ctx, id)
	web.WriteJSON(c, http.StatusOK, body)
}

// orderHistory looks into SQL, then among the orders on their way to it, then into
// SQL again, as an order may be recorded, and given up in Redis, between two looks.
func (s *API) orderHistory(ctx context.Context, id seckill.ID) (historyBody, error) {
	for again := false; ; again = true {
		h, err := s.cfg.Ledger.History(ctx, id)
		if err == nil {
			return historyOf(h), nil
		}
		if !web.IsNotFound(err) {
			return historyBody{}, err
		}
		if again {
			return historyBody{}, s.cfg.Shop.NoOrder(ctx, id)
		}
		order, err := s.cfg.Shop.QueuedOrder(ctx, id)
		if err == nil {
			return historyBody{Order: web.OrderJSONForOperator(order), Place: "in_flight",
				Stock: []stockMoveBody{}, Payments: []paymentBody{}, Callbacks: []callbackBody{}}, nil
		}
		if !web.IsNotFound(err) {
			return historyBody{}, err
		}
	}
}

func historyOf(h ledger.OrderHistory) historyBody {
	b := historyBody{Order: web.OrderJSONForOperator(h.Order), Place: places[h.Place], UpdatedAt: web.FormatTime(h.UpdatedAt),
		Stock: make([]stockMoveBody, len(h.Stock)), Payments: make([]paymentBody, len(h.Payments)), Callbacks: make([]callbackBody, len(h.Callbacks))}
	for i, m := range h.Stock {
		b.Stock[i] = stockMoveBody{At: web.FormatTime(m.At), Move: moves[m.Move], SKU: m.SKU, Quantity: m.Quantity}
	}
	for i, p := range h.Payments {
		b.Payments[i] = paymentBody{PaymentID: p.ID, Provider: p.Provider, Amount: p.Amount, Currency: p.Currency, Status: p.Status,
			CreatedAt: web.FormatTime(p.CreatedAt), UpdatedAt: web.FormatTime(p.UpdatedAt), RefundAttempts: p.RefundAttempts, RefundError: p.RefundError}
	}
	for i, e := range h.Callbacks {
		b.Callbacks[i] = callbackBodyOf(e)
	}
	return b
}

func callbackBodyOf(e ledger.CallbackRecord) callbackBody {
	return callbackBody{At: web.FormatTime(e.At), Provider: e.Provider, EventID: e.EventID(), Type: e.Type, PaymentID: e.PaymentID,
		Amount: e.Amount, Currency: e.Currency, PaidAt: web.FormatTime(e.PaidAt), Outcome: e.Outcome, Note: e.Note}
}

// lettersOf finds the dead letters that name an order: the ids in them are JSON
// strings. nil means that they could not be looked at.
func (s *API) lettersOf(ctx context.Context, order seckill.ID) []deadLetterBody {
	if s.cfg.DeadLetters == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, letterPatience)
	defer cancel()
	letters, err := s.cfg.DeadLetters.DeadLetters(ctx, searchedLetters)
	if err != nil {
		return nil
	}
	// As an event names it, and as an outbox entry does.
	inEvent, inEntry := []byte(strconv.Quote(order.String())), []byte(" "+order.String()+" =")
	found := []deadLetterBody{}
	for _, l := range letters {
		if bytes.Contains(l.Body, inEvent) || bytes.Contains(l.Body, inEntry) {
			found = append(found, deadLetterBodyOf(l))
		}
	}
	return found
}
