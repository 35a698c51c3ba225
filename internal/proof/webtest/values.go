package webtest

import (
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// Admin is the header of an operator.
var Admin = "Authorization: Bearer " + AdminToken

// As is the header of a buyer.
func As(t testing.TB, buyer string) string {
	t.Helper()
	return "Authorization: Bearer " + Signed(t, jwt.SigningMethodHS256, []byte(HS256Secret),
		jwt.MapClaims{"sub": buyer, "exp": time.Now().Add(time.Hour).Unix()})
}

// Signed is a token.
func Signed(t testing.TB, method jwt.SigningMethod, key any, claims jwt.Claims) string {
	t.Helper()
	token, err := jwt.NewWithClaims(method, claims).SignedString(key)
	require.NoError(t, err)
	return token
}

// Draft is a sale as an operator writes it; it runs from now on.
func Draft(stock, limit int64) map[string]any {
	now := time.Now().UTC()
	return map[string]any{
		"name": "A sale", "starts_at": now.Add(-time.Minute).Format(time.RFC3339), "ends_at": now.Add(time.Hour).Format(time.RFC3339),
		"hold_seconds": 900, "items": []map[string]any{{
			"sku": "phone-1", "title": "A phone", "image_url": "/assets/phone.svg", "price": 19900, "currency": "CNY",
			"stock": stock, "limit_per_buyer": limit,
		}},
	}
}

// Lines is what a buyer asks for: so many of the item of Draft.
func Lines(quantity int64) map[string]any {
	return map[string]any{"lines": []map[string]any{{"sku": "phone-1", "quantity": quantity}}}
}

// LiveSale is a sale that runs.
func LiveSale() seckill.Sale {
	return seckill.Sale{ID: 7, Name: "A sale", State: seckill.SaleReady, StartsAt: time.Now().Add(-time.Minute), EndsAt: time.Now().Add(time.Hour),
		Hold: time.Minute, Revision: 3, CreatedAt: time.Now(), Items: []seckill.Item{{SKU: "phone-1", Title: "A phone", Price: 100, Currency: "CNY", Total: 10, LimitPerBuyer: 1}}}
}

// Login is the token of a demo login.
func Login(t *testing.T, s *Server, buyer string) string {
	t.Helper()
	a := Call(t, s, "POST", "/api/v1/demo/login", map[string]string{"buyer": buyer})
	require.Equal(t, 200, a.Status, "%s", a.Body)
	return a.JSON["token"].(string)
}

// ID reads an id.
func ID(t *testing.T, s string) seckill.ID {
	t.Helper()
	id, err := seckill.ParseID(s)
	require.NoError(t, err)
	return id
}

// SampleOrder is an order of alice.
func SampleOrder(id seckill.ID, status seckill.OrderStatus) seckill.Order {
	now := time.Now()
	return seckill.Order{ID: id, SaleID: 7, Buyer: "alice", Ticket: 1, Lines: []seckill.Line{{SKU: "phone-1", Quantity: 1, Price: 100}},
		Amount: 100, Currency: "CNY", Status: status, CreatedAt: now, HoldUntil: now.Add(time.Minute)}
}
