package operator

import (
	"context"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
)

const (
	// operatorHeader says who of those that know the admin token is asking. It is
	// their word, for the records: the token alone decides what they may. A name in
	// other letters comes percent-encoded, as a header is ASCII.
	operatorHeader   = "X-Operator"
	maxOperatorRunes = 40
)

// actor is who the records name where an operator gave no name: there is one admin
// token.
const actor = "admin"

// actorOf is who the records name: "admin", and a name where one was given.
func actorOf(c *gin.Context) string {
	name, err := url.PathUnescape(c.Request.Header.Get(operatorHeader))
	name = strings.TrimSpace(name)
	if err != nil || seckill.WrongText(name, 1, maxOperatorRunes) != "" {
		return actor
	}
	return actor + ":" + name
}

// acting is the request's context with who is asking.
func acting(c *gin.Context) context.Context {
	return ledger.ActingAs(c.Request.Context(), actorOf(c))
}
