package payment

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of the Standard Webhooks specification.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

const (
	secretPrefix = "whsec_"
	// minSecretBytes is the specification's least: 192 bits.
	minSecretBytes = 24
	// newSecretBytes is what NewSecret makes.
	newSecretBytes   = 32
	signatureVersion = "v1"
)

// ErrSecret says that a signing secret is not "whsec_" and the base64 of at
// least 24 bytes.
var ErrSecret = errors.New(`must be "whsec_" and the base64 of at least 24 bytes`)

// NewSecret makes a signing secret of 256 random bits.
func NewSecret() string {
	b := make([]byte, newSecretBytes)
	_, _ = rand.Read(b)
	return secretPrefix + base64.StdEncoding.EncodeToString(b)
}

// parseSecret returns the key that a secret carries. The error never holds the
// secret.
func parseSecret(secret string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(secret, secretPrefix)
	if !ok {
		return nil, ErrSecret
	}
	key, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || len(key) < minSecretBytes {
		return nil, ErrSecret
	}
	return key, nil
}

// Sign returns the webhook-signature of a body that is sent with an id at a
// time (whole seconds count). The error is ErrSecret.
func Sign(secret, id string, at time.Time, body []byte) (string, error) {
	key, err := parseSecret(secret)
	if err != nil {
		return "", fmt.Errorf("signing secret: %w", err)
	}
	mac := digest(key, id, strconv.FormatInt(at.Unix(), 10), body)
	return signatureVersion + "," + base64.StdEncoding.EncodeToString(mac), nil
}

// SignedHeader returns the three headers, and the content type, with which one
// side sends the other a body.
func SignedHeader(secret, id string, at time.Time, body []byte) (http.Header, error) {
	signature, err := Sign(secret, id, at, body)
	if err != nil {
		return nil, err
	}
	h := make(http.Header, 4)
	h.Set("Content-Type", "application/json")
	h.Set(HeaderID, id)
	h.Set(HeaderTimestamp, strconv.FormatInt(at.Unix(), 10))
	h.Set(HeaderSignature, signature)
	return h, nil
}

func digest(key []byte, id, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}
