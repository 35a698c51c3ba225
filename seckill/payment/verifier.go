package payment

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// DefaultTolerance is how far a signed timestamp may be from now.
const DefaultTolerance = 5 * time.Minute

// maxSignatures bounds how many signatures of one header are compared; a sender
// in the middle of a rotation sends two.
const maxSignatures = 16

// Why a request is not believed.
var (
	ErrUnsigned  = errors.New("a header of the signature is missing, there twice or no number")
	ErrStale     = errors.New("signed too long ago, or in the future")
	ErrSignature = errors.New("no signature fits")
)

// Verifier proves that a request was signed as the Standard Webhooks
// specification says. Safe for use by many goroutines.
type Verifier struct {
	keys      [][]byte
	tolerance time.Duration
	clock     seckill.Clock
}

// NewVerifier makes a verifier that accepts what any of the secrets signed. A
// tolerance of 0 is DefaultTolerance, a nil clock the system's.
func NewVerifier(secrets []string, tolerance time.Duration, clock seckill.Clock) (*Verifier, error) {
	if tolerance == 0 {
		tolerance = DefaultTolerance
	}
	if clock == nil {
		clock = seckill.SystemClock
	}
	if tolerance < time.Second || tolerance > time.Hour {
		return nil, fmt.Errorf("payment: tolerance must be 1s to 1h, not %s", tolerance)
	}
	if len(secrets) == 0 {
		return nil, errors.New("payment: a signing secret is required")
	}
	v := &Verifier{tolerance: tolerance, clock: clock}
	for i, secret := range secrets {
		key, err := parseSecret(secret)
		if err != nil {
			return nil, fmt.Errorf("payment: signing secret %d: %w", i+1, err)
		}
		v.keys = append(v.keys, key)
	}
	return v, nil
}

// Verify returns the id of a request that is signed by one of the secrets within
// the tolerance. The body must be the bytes as they came. Any other request is
// unauthorized; the cause is ErrUnsigned, ErrStale or ErrSignature.
func (v *Verifier) Verify(h http.Header, body []byte) (id string, err error) {
	var values [3]string
	for i, name := range [...]string{HeaderID, HeaderTimestamp, HeaderSignature} {
		// A header that is there twice could be read as one value by a proxy and
		// as the other one here.
		if all := h.Values(name); len(all) != 1 || all[0] == "" {
			return "", unauthorized(ErrUnsigned, "the header %s must be there once", strings.ToLower(name))
		}
		values[i] = h.Get(name)
	}
	id, timestamp, signature := values[0], values[1], values[2]
	// The shortest spelling alone: what is signed is the number as it is written.
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || strconv.FormatInt(seconds, 10) != timestamp {
		return "", unauthorized(ErrUnsigned, "webhook-timestamp must be unix seconds")
	}
	now := v.clock()
	if at := time.Unix(seconds, 0); at.Before(now.Add(-v.tolerance)) || at.After(now.Add(v.tolerance)) {
		return "", unauthorized(ErrStale, "webhook-timestamp is more than %s from now", v.tolerance)
	}
	if !signedByAny(v.keys, signature, id, timestamp, body) {
		return "", unauthorized(ErrSignature, "no signature fits")
	}
	return id, nil
}

func unauthorized(cause error, format string, args ...any) error {
	e := seckill.Errorf(seckill.CodeUnauthorized, format, args...)
	e.Cause = cause
	return e
}

// encodedSignature is how long the base64 of a signature is.
var encodedSignature = base64.StdEncoding.EncodedLen(sha256.Size)

// signedByAny tells whether a signature header holds one that fits. What is
// compared has always the same length, and in constant time.
func signedByAny(keys [][]byte, header, id, timestamp string, body []byte) bool {
	var given [][]byte
	for _, one := range strings.SplitN(header, " ", maxSignatures+1) {
		encoded, ok := strings.CutPrefix(one, signatureVersion+",")
		// The decoder passes over line breaks, which are in no signature.
		if !ok || len(given) == maxSignatures || len(encoded) != encodedSignature {
			continue
		}
		if mac, err := base64.StdEncoding.Strict().DecodeString(encoded); err == nil {
			given = append(given, mac)
		}
	}
	for _, key := range keys {
		expected := digest(key, id, timestamp, body)
		for _, mac := range given {
			if hmac.Equal(mac, expected) {
				return true
			}
		}
	}
	return false
}
