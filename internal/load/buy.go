package load

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Buy is the buy call, made by many buyers in turn.
type Buy struct {
	// URL is the server, with the path under which it is served, if any; Sale is
	// the sale's id.
	URL, Sale string
	// Tokens are the buyers'.
	Tokens []string
	// Body is what each of them sends.
	Body string
	// KeyPrefix begins the Idempotency-Key of each request, which a number makes
	// unique; empty sends none. At most 40 characters.
	KeyPrefix string
}

// Source writes the requests: the n-th is made by buyer n modulo their number.
func (b Buy) Source() (Source, error) {
	u, err := url.Parse(b.URL)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	if len(b.Tokens) == 0 || len(b.KeyPrefix) > 40 {
		return nil, fmt.Errorf("load: %d tokens, a key prefix of %d bytes", len(b.Tokens), len(b.KeyPrefix))
	}
	head := "POST " + strings.TrimRight(u.Path, "/") + "/api/v1/sales/" + b.Sale + "/orders HTTP/1.1\r\nHost: " + u.Host +
		"\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(b.Body)) + "\r\nAuthorization: Bearer "
	key := "\r\nIdempotency-Key: " + b.KeyPrefix
	tail := "\r\n\r\n" + b.Body
	return func(buf []byte, n int64) []byte {
		buf = append(buf, head...)
		buf = append(buf, b.Tokens[n%int64(len(b.Tokens))]...)
		if b.KeyPrefix != "" {
			buf = append(buf, key...)
			buf = strconv.AppendInt(buf, n, 36)
		}
		return append(buf, tail...)
	}, nil
}
