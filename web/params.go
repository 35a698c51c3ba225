package web

import (
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
)

const (
	defaultPage = 20
	maxPage     = 100
)

// readableQuery refuses a query that cannot be read as a whole. What could not be read
// would be left out: a filter that is lost shows more than was asked for.
func (r Calls) readableQuery(c *gin.Context) {
	values, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		r.Fail(c, seckill.Invalid("query", "cannot be read: encode %%, ; and & in it"))
		c.Abort()
		return
	}
	for name, all := range values {
		if len(all) > 1 {
			r.Fail(c, seckill.Invalid(name, "is in the query more than once"))
			c.Abort()
			return
		}
	}
}

// PathID reads an id of the path. What is no id names nothing: not found.
func (r Calls) PathID(c *gin.Context, name string) (id seckill.ID, ok bool) {
	id, err := seckill.ParseID(c.Param(name))
	if err != nil {
		r.Fail(c, seckill.Errorf(seckill.CodeNotFound, "There is no such %s.", name))
		return 0, false
	}
	return id, true
}

// Page reads the cursor (the id before which a page begins) and the limit.
func (r Calls) Page(c *gin.Context) (cursor seckill.ID, limit int, ok bool) {
	var err error
	if v := c.Query("cursor"); v != "" {
		if cursor, err = seckill.ParseID(v); err != nil {
			r.Fail(c, seckill.Invalid("cursor", "is not one that a page before gave"))
			return 0, 0, false
		}
	}
	limit, ok = r.Limit(c)
	return cursor, limit, ok
}

// Limit reads how long a page may be.
func (r Calls) Limit(c *gin.Context) (limit int, ok bool) {
	v := c.Query("limit")
	if v == "" {
		return defaultPage, true
	}
	limit, err := strconv.Atoi(v)
	if err != nil || limit < 1 || limit > maxPage {
		r.Fail(c, seckill.Invalid("limit", "must be 1 to %d", maxPage))
		return 0, false
	}
	return limit, true
}

// Cut makes a page of a list that was asked for with one element too many; next
// is the cursor of the page after it, or nil.
func Cut[T any](list []T, limit int, id func(T) seckill.ID) (page []T, next *seckill.ID) {
	if len(list) <= limit {
		return list, nil
	}
	last := id(list[limit-1])
	return list[:limit], &last
}

// IdempotencyKey reads the header; empty when there is none.
func (r Calls) IdempotencyKey(c *gin.Context) (key string, ok bool) {
	h := c.Request.Header["Idempotency-Key"]
	switch len(h) {
	case 0:
		return "", true
	case 1:
		if err := seckill.ValidateKey(h[0]); err != nil {
			r.Fail(c, err)
			return "", false
		}
		return h[0], true
	default:
		r.Fail(c, seckill.Invalid("Idempotency-Key", "is there twice"))
		return "", false
	}
}
