package web

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
)

const (
	defaultPage = 20
	maxPage     = 100
)

// readableQuery refuses a query that cannot be read as a whole. What could not be read
// would be left out: a filter that is lost shows more than was asked for.
func (s *Server) readableQuery(c *gin.Context) {
	values, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		s.fail(c, seckill.Invalid("query", "cannot be read: encode %%, ; and & in it"))
		c.Abort()
		return
	}
	for name, all := range values {
		if len(all) > 1 {
			s.fail(c, seckill.Invalid(name, "is in the query more than once"))
			c.Abort()
			return
		}
	}
}

// pathID reads an id of the path. What is no id names nothing: not found.
func (s *Server) pathID(c *gin.Context, name string) (id seckill.ID, ok bool) {
	id, err := seckill.ParseID(c.Param(name))
	if err != nil {
		s.fail(c, seckill.Errorf(seckill.CodeNotFound, "There is no such %s.", name))
		return 0, false
	}
	return id, true
}

// page reads the cursor (the id before which a page begins) and the limit.
func (s *Server) page(c *gin.Context) (cursor seckill.ID, limit int, ok bool) {
	var err error
	if v := c.Query("cursor"); v != "" {
		if cursor, err = seckill.ParseID(v); err != nil {
			s.fail(c, seckill.Invalid("cursor", "is not one that a page before gave"))
			return 0, 0, false
		}
	}
	limit, ok = s.limit(c)
	return cursor, limit, ok
}

// limit reads how long a page may be.
func (s *Server) limit(c *gin.Context) (limit int, ok bool) {
	v := c.Query("limit")
	if v == "" {
		return defaultPage, true
	}
	limit, err := strconv.Atoi(v)
	if err != nil || limit < 1 || limit > maxPage {
		s.fail(c, seckill.Invalid("limit", "must be 1 to %d", maxPage))
		return 0, false
	}
	return limit, true
}

// cut makes a page of a list that was asked for with one element too many; next
// is the cursor of the page after it, or nil.
func cut[T any](list []T, limit int, id func(T) seckill.ID) (page []T, next *seckill.ID) {
	if len(list) <= limit {
		return list, nil
	}
	last := id(list[limit-1])
	return list[:limit], &last
}

// idempotencyKey reads the header; empty when there is none.
func (s *Server) idempotencyKey(c *gin.Context) (key string, ok bool) {
	h := c.Request.Header["Idempotency-Key"]
	switch len(h) {
	case 0:
		return "", true
	case 1:
		if err := seckill.ValidateKey(h[0]); err != nil {
			s.fail(c, err)
			return "", false
		}
		return h[0], true
	default:
		s.fail(c, seckill.Invalid("Idempotency-Key", "is there twice"))
		return "", false
	}
}

// listed are the values that a parameter takes, as people list them.
func listed[S ~string](values []S) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return strings.Join(texts, ", ")
}
