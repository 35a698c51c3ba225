package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
)

// MaxBodyBytes bounds every request body.
const MaxBodyBytes = 64 << 10

// errBodyTooLarge is answered with status 413.
var errBodyTooLarge = seckill.Errorf(seckill.CodeInvalidRequest, "The body is larger than %d bytes.", MaxBodyBytes)

// readBody reads a whole body within the limit; ok is false when it has
// answered already.
func (s *Server) readBody(c *gin.Context) (body []byte, ok bool) {
	if c.Request.ContentLength > MaxBodyBytes {
		s.tooLarge(c)
		return nil, false
	}
	r := http.MaxBytesReader(c.Writer, c.Request.Body, MaxBodyBytes)
	var err error
	if n := c.Request.ContentLength; n > 0 {
		body = make([]byte, n)
		_, err = io.ReadFull(r, body)
	} else {
		body, err = io.ReadAll(r)
	}
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return body, true
	case errors.As(err, &tooLarge):
		s.tooLarge(c)
	default:
		s.fail(c, seckill.Errorf(seckill.CodeInvalidRequest, "The body did not arrive whole."))
	}
	return nil, false
}

// tooLarge also closes the connection: reading the rest only to reuse it would
// be the sender's gain.
func (s *Server) tooLarge(c *gin.Context) {
	c.Header("Connection", "close")
	s.failStatus(c, http.StatusRequestEntityTooLarge, errBodyTooLarge)
}

// readJSON reads a JSON object into a struct: the fields it names, exactly so,
// each at most once, and nothing else. ok is false when it has answered already.
func (s *Server) readJSON(c *gin.Context, into any) (ok bool) {
	if t := c.Request.Header.Get("Content-Type"); t != "application/json" && !isJSON(t) {
		s.fail(c, seckill.Invalid("Content-Type", "must be application/json"))
		return false
	}
	body, ok := s.readBody(c)
	if !ok {
		return false
	}
	if err := decodeJSON(body, into); err != nil {
		s.fail(c, err)
		return false
	}
	return true
}

// readOptionalJSON is readJSON where no body at all stands for an empty object.
func (s *Server) readOptionalJSON(c *gin.Context, into any) (ok bool) {
	if c.Request.ContentLength == 0 {
		return true
	}
	return s.readJSON(c, into)
}

func isJSON(contentType string) bool {
	t, params, err := mime.ParseMediaType(contentType)
	if err != nil || t != "application/json" {
		return false
	}
	charset, given := params["charset"]
	return !given || strings.EqualFold(charset, "utf-8")
}

func decodeJSON(body []byte, into any) error {
	if field, stray := strayField(body); stray {
		return seckill.Invalid(field, "is an unknown field, or is there twice")
	}
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return jsonError(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return seckill.Errorf(seckill.CodeInvalidRequest, "The body must be one JSON object and nothing after it.")
	}
	return nil
}

func jsonError(err error) error {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		field := wrongType.Field
		if field == "" {
			field = "body"
		}
		return seckill.Invalid(field, "must not be a %s", wrongType.Value)
	}
	if name, found := strings.CutPrefix(err.Error(), "json: unknown field "); found {
		return seckill.Invalid(strings.Trim(name, `"`), "is an unknown field")
	}
	var known *seckill.Error
	if errors.As(err, &known) {
		return known
	}
	return seckill.Errorf(seckill.CodeInvalidRequest, "The body is not valid JSON.")
}

// maxNames bounds the names of one object, and with it the work of strayField.
// No object of the contract has more.
const maxNames = 32

// strayField finds a field name that encoding/json would let through although
// the contract has none like it: one in other letters ("Lines"), one written
// with escapes, or one that its object has twice. It reads no more than strings
// and brackets; what is no JSON is left to the decoder.
func strayField(body []byte) (name string, stray bool) {
	var seen []string // the names in all open objects
	var opened []int  // where each open object's names begin in seen
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '{':
			opened = append(opened, len(seen))
		case '}':
			if n := len(opened); n > 0 {
				seen, opened = seen[:opened[n-1]], opened[:n-1]
			}
		case '"':
			end := stringEnd(body, i+1)
			if end < 0 || len(opened) == 0 {
				return "", false
			}
			if isName(body, end+1) {
				name = string(body[i+1 : end])
				siblings := seen[opened[len(opened)-1]:]
				if !plainName(name) || slices.Contains(siblings, name) || len(siblings) >= maxNames {
					return shorten(name), true
				}
				seen = append(seen, name)
			}
			i = end
		}
	}
	return "", false
}

// stringEnd finds the closing quote of a JSON string, or -1.
func stringEnd(body []byte, from int) int {
	for i := from; i < len(body); i++ {
		switch body[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// isName tells whether a colon follows.
func isName(body []byte, from int) bool {
	for _, b := range body[min(from, len(body)):] {
		switch b {
		case ' ', '\t', '\r', '\n':
		default:
			return b == ':'
		}
	}
	return false
}

func plainName(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}

func shorten(name string) string {
	const most = 64
	if len(name) > most {
		name = name[:most]
	}
	return strings.ToValidUTF8(fmt.Sprintf("%q", name), "")
}
