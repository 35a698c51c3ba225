package web

import (
	"cmp"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/seckill-go/seckill/seckill"
)

// MaxBodyBytes bounds every request body.
const MaxBodyBytes = 64 << 10

// errBodyTooLarge is answered with status 413.
var errBodyTooLarge = seckill.Errorf(seckill.CodeInvalidRequest, "The body is larger than %d bytes.", MaxBodyBytes)

// errBodyEncoded is answered with status 415.
var errBodyEncoded = seckill.Errorf(seckill.CodeInvalidRequest, "The body is compressed, as Content-Encoding says. Send it uncompressed.")

// Calls reads what a call brings. Where that is wrong it has answered already, and ok
// is false.
type Calls struct{ Problems }

// ReadBody reads a whole body within the limit.
func (r Calls) ReadBody(c *gin.Context) (body []byte, ok bool) {
	for _, encoding := range c.Request.Header["Content-Encoding"] {
		if !strings.EqualFold(encoding, "identity") {
			c.Header("Accept-Encoding", "identity")
			r.FailStatus(c, http.StatusUnsupportedMediaType, errBodyEncoded)
			return nil, false
		}
	}
	if c.Request.ContentLength > MaxBodyBytes {
		r.tooLarge(c)
		return nil, false
	}
	limited := http.MaxBytesReader(c.Writer, c.Request.Body, MaxBodyBytes)
	var err error
	if n := c.Request.ContentLength; n > 0 {
		body = make([]byte, n)
		_, err = io.ReadFull(limited, body)
	} else {
		body, err = io.ReadAll(limited)
	}
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return body, true
	case errors.As(err, &tooLarge):
		r.tooLarge(c)
	default:
		r.Fail(c, seckill.Errorf(seckill.CodeInvalidRequest, "The body did not arrive whole."))
	}
	return nil, false
}

// tooLarge also closes the connection: reading the rest only to reuse it would
// be the sender's gain.
func (r Calls) tooLarge(c *gin.Context) {
	c.Header("Connection", "close")
	r.FailStatus(c, http.StatusRequestEntityTooLarge, errBodyTooLarge)
}

// JSONBody reads a body that is said to be JSON.
func (r Calls) JSONBody(c *gin.Context) (body []byte, ok bool) {
	if !r.saysJSON(c) {
		return nil, false
	}
	return r.ReadBody(c)
}

func (r Calls) saysJSON(c *gin.Context) (ok bool) {
	t := c.Request.Header.Get("Content-Type")
	if ok = t == "application/json" || isJSON(t); !ok {
		r.Fail(c, seckill.Invalid("Content-Type", "must be application/json"))
	}
	return ok
}

// ReadJSON reads a JSON object into a struct: the fields it names, exactly so,
// each at most once, and nothing else.
func (r Calls) ReadJSON(c *gin.Context, into any) (ok bool) {
	body, ok := r.JSONBody(c)
	return ok && r.decode(c, body, into)
}

// ReadOptionalJSON is ReadJSON where no body at all stands for an empty object.
func (r Calls) ReadOptionalJSON(c *gin.Context, into any) (ok bool) {
	body, ok := r.ReadBody(c)
	if !ok || len(body) == 0 {
		return ok
	}
	return r.saysJSON(c) && r.decode(c, body, into)
}

// TakesNoFields reads the body of a call that has none, or an empty object: whoever
// sends more means something by it that the call does not do.
func (r Calls) TakesNoFields(c *gin.Context) (ok bool) {
	return r.ReadOptionalJSON(c, &struct{}{})
}

func (r Calls) decode(c *gin.Context, body []byte, into any) (ok bool) {
	if err := DecodeJSON(body, into); err != nil {
		r.Fail(c, err)
		return false
	}
	return true
}

func isJSON(contentType string) bool {
	t, params, err := mime.ParseMediaType(contentType)
	if err != nil || t != "application/json" {
		return false
	}
	charset, given := params["charset"]
	return !given || strings.EqualFold(charset, "utf-8")
}

// DecodeJSON reads one JSON object, strictly: names as the contract has them, each
// at most once, valid UTF-8, and nothing after it.
func DecodeJSON(body []byte, into any) error {
	if err := json.Unmarshal(body, into, json.RejectUnknownMembers(true)); err != nil {
		return jsonError(err)
	}
	if jsontext.Value(body).Kind() == 'n' { // which fills a struct with nothing
		return seckill.Invalid("body", "must not be null")
	}
	return nil
}

func jsonError(err error) error {
	var known *seckill.Error
	var syntax *jsontext.SyntacticError
	var meaning *json.SemanticError
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntax):
		return seckill.Invalid(path(syntax.JSONPointer), "is there twice")
	case errors.Is(err, json.ErrUnknownName) && errors.As(err, &meaning):
		return seckill.Invalid(path(meaning.JSONPointer), "is an unknown field")
	case errors.As(err, &meaning):
		return seckill.Invalid(path(meaning.JSONPointer), "must not be %s", kindName(meaning.JSONKind))
	}
	return seckill.Errorf(seckill.CodeInvalidRequest, "The body is not valid JSON.")
}

// kindName is what a value that does not fit is called: a number may be one that
// is too large or has a fraction.
func kindName(k jsontext.Kind) string {
	switch k {
	case '"':
		return "a string"
	case '0':
		return "a number of this size or form"
	case '{':
		return "an object"
	case '[':
		return "an array"
	case 't', 'f':
		return "true or false"
	default:
		return "null"
	}
}

// path names a field as errors do: lines[0].quantity.
func path(p jsontext.Pointer) string {
	var name strings.Builder
	for token := range p.Tokens() {
		switch _, err := strconv.Atoi(token); {
		case name.Len() == 0:
			name.WriteString(shorten(token))
		case err == nil:
			name.WriteString("[" + shorten(token) + "]")
		default:
			name.WriteString("." + shorten(token))
		}
	}
	return cmp.Or(name.String(), "body")
}

// shorten makes what a client sent fit for an answer.
func shorten(name string) string {
	const most = 64
	if len(name) > most {
		name = name[:most]
	}
	return strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, name), "")
}
