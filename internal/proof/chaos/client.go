package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// answer is what the API answered: an order, a problem, or anything else. HTTP 0
// means that there was no whole answer.
type answer struct {
	HTTP      int
	Body      []byte
	OrderID   string
	Status    string
	Code      string
	Detail    string
	Reason    string
	Result    string
	PaymentID string
	Amount    int64
	HoldUntil time.Time
}

// patience is how long a client waits for one answer. It is longer than the
// service takes under faults, and short enough that some run out of it.
const patience = 4 * time.Second

// call sends one request.
func (run *Run) call(ctx context.Context, method, url, token string, header map[string]string, body []byte) answer {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return answer{}
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := run.http.Do(req)
	if err != nil {
		return answer{}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}
	}
	return readAnswer(res.StatusCode, text)
}

func readAnswer(status int, text []byte) answer {
	a := answer{HTTP: status, Body: text}
	var fields struct {
		OrderID   string `json:"order_id"`
		Status    any    `json:"status"` // of an order a word, of a problem a number
		Code      string `json:"code"`
		Detail    string `json:"detail"`
		Reason    string `json:"reason"`
		Result    string `json:"result"`
		PaymentID string `json:"payment_id"`
		Amount    int64  `json:"amount"`
		HoldUntil string `json:"hold_until"`
	}
	if json.Unmarshal(text, &fields) != nil {
		return a
	}
	a.OrderID, a.Code, a.Detail, a.Reason = fields.OrderID, fields.Code, fields.Detail, fields.Reason
	a.Result, a.PaymentID, a.Amount = fields.Result, fields.PaymentID, fields.Amount
	a.Status, _ = fields.Status.(string)
	a.HoldUntil, _ = time.Parse(time.RFC3339, fields.HoldUntil)
	return a
}

func buyerToken(buyer string) string {
	claims := jwt.MapClaims{"sub": buyer, "exp": time.Now().Add(time.Hour).Unix()}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(hs256Secret))
	if err != nil {
		panic(err) // a key of the right kind always signs
	}
	return token
}
