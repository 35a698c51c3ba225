package token

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"

	"github.com/seckill-go/seckill/seckill"
)

const (
	jwksTimeout  = 5 * time.Second
	maxJWKSBytes = 1 << 20
	maxJWKSKeys  = 100
	// jwksFresh is how long keys serve before they are fetched again.
	jwksFresh = 15 * time.Minute
	// jwksRetry is the least time between two fetches, whatever tokens ask for:
	// anybody can send an unknown key id.
	jwksRetry = 10 * time.Second
	// jwksKeep is how long keys still serve while they cannot be fetched again.
	jwksKeep   = 24 * time.Hour
	minRSABits = 2048
	maxRSABits = 8192
)

// keySet keeps the public keys of a JWKS. Each serves one algorithm alone, which
// its type fixes.
type keySet struct {
	url    string
	client *http.Client
	clock  seckill.Clock
	log    *slog.Logger

	fetching sync.Mutex // held by the one request that fetches
	mu       sync.RWMutex
	keys     []publicKey
	fetched  time.Time // when keys came
	tried    time.Time // when they were last asked for
	fetches  atomic.Int64
}

type publicKey struct {
	id, alg string
	key     interface{ Equal(crypto.PublicKey) bool } // *rsa.PublicKey or *ecdsa.PublicKey
}

func newKeySet(address string, client *http.Client, clock seckill.Clock, log *slog.Logger) (*keySet, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname()))) {
		return nil, errors.New("token: JWKSURL must be an https address, or an http one on loopback")
	}
	if client == nil {
		client = &http.Client{
			Timeout: jwksTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return errors.New("a JWKS address must not redirect")
			},
		}
	}
	return &keySet{url: address, client: client, clock: clock, log: log}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// find gives the keys to try for a token: those under its key id, which a careless
// login may give to several. A token without one gets the only key for its algorithm.
// An unknown id, or keys that have become old, start a fetch.
func (k *keySet) find(ctx context.Context, id, alg string) (jwt.VerificationKeySet, error) {
	keys, due := k.lookup(id, alg)
	if len(keys.Keys) > 0 {
		if due && k.fetching.TryLock() {
			// Behind the buyer's back, who has a good key already. One at a time,
			// and over within jwksTimeout.
			go func() {
				defer k.fetching.Unlock()
				k.refresh(context.WithoutCancel(ctx))
			}()
		}
		return keys, nil
	}
	k.fetching.Lock()
	k.refresh(ctx)
	k.fetching.Unlock()
	if keys, _ = k.lookup(id, alg); len(keys.Keys) > 0 {
		return keys, nil
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.expired() {
		return keys, seckill.Unavailable(nil, "Tokens cannot be checked at the moment. Please try again.")
	}
	return keys, errNoKey
}

var errNoKey = errors.New("no key for this token")

func (k *keySet) lookup(id, alg string) (found jwt.VerificationKeySet, due bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	due = k.clock().Sub(k.fetched) >= jwksFresh
	if k.expired() {
		return found, due
	}
	for _, p := range k.keys {
		again := func(other jwt.VerificationKey) bool { return p.key.Equal(other) }
		if p.alg == alg && (id == "" || p.id == id) && !slices.ContainsFunc(found.Keys, again) {
			found.Keys = append(found.Keys, p.key)
		}
	}
	if id == "" && len(found.Keys) > 1 {
		found.Keys = nil // which one is meant cannot be told
	}
	return found, due
}

// expired: there are no keys, or none that may still be used. Under mu.
func (k *keySet) expired() bool { return k.fetched.IsZero() || k.clock().Sub(k.fetched) >= jwksKeep }

// refresh fetches the keys unless that was tried a moment ago. The caller holds
// fetching.
func (k *keySet) refresh(ctx context.Context) {
	k.mu.RLock()
	early := k.clock().Sub(k.tried) < jwksRetry
	k.mu.RUnlock()
	if early {
		return
	}
	// One client that goes away must not spoil the fetch for the others.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), jwksTimeout)
	defer cancel()
	keys, err := k.fetch(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tried = k.clock()
	if err != nil {
		k.log.WarnContext(ctx, "fetching the JWKS failed; the keys from before stay", "error", err)
		return
	}
	k.keys, k.fetched = keys, k.tried
	k.fetches.Add(1)
}

// version changes whenever keys were fetched: what was verified before may have been
// with a key that is revoked by now. Without a JWKS it never does.
func (k *keySet) version() int64 {
	if k == nil {
		return 0
	}
	return k.fetches.Load()
}

func (k *keySet) fetch(ctx context.Context) ([]publicKey, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := k.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxJWKSBytes+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxJWKSBytes {
		return nil, fmt.Errorf("larger than %d bytes", maxJWKSBytes)
	}
	return parseJWKS(body)
}

// jwk is one key of a JWKS, by RFC 7517 and 7518.
type jwk struct {
	Kty string `json:"kty"`
	Kid string `json:"kid"`
	Use string `json:"use"`
	Alg string `json:"alg"`
	Crv string `json:"crv"`
	N   string `json:"n"`
	E   string `json:"e"`
	X   string `json:"x"`
	Y   string `json:"y"`
}

// parseJWKS reads the keys that can verify a token here, and leaves out what is none
// of them: a provider may publish keys for other uses in the same set, or one that is
// wrong, which must not take the others with it.
func parseJWKS(body []byte) ([]publicKey, error) {
	var set struct {
		Keys []jsontext.Value `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("not a JWKS: %w", err)
	}
	if len(set.Keys) > maxJWKSKeys {
		return nil, fmt.Errorf("more than %d keys", maxJWKSKeys)
	}
	var keys []publicKey
	for _, entry := range set.Keys {
		var j jwk
		if json.Unmarshal(entry, &j) != nil {
			continue
		}
		if p, ok := j.public(); ok {
			keys = append(keys, p)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("no usable RS256 or ES256 key in the JWKS")
	}
	return keys, nil
}

func (j jwk) public() (publicKey, bool) {
	if j.Use != "" && j.Use != "sig" {
		return publicKey{}, false
	}
	p := publicKey{id: j.Kid}
	var ok bool
	switch j.Kty {
	case "RSA":
		p.alg = "RS256"
		p.key, ok = rsaKey(j.N, j.E)
	case "EC":
		p.alg = "ES256"
		p.key, ok = p256Key(j.Crv, j.X, j.Y)
	}
	return p, ok && (j.Alg == "" || j.Alg == p.alg)
}

func rsaKey(n, e string) (*rsa.PublicKey, bool) {
	nb, err1 := base64.RawURLEncoding.DecodeString(n)
	eb, err2 := base64.RawURLEncoding.DecodeString(e)
	if err1 != nil || err2 != nil || len(eb) == 0 || len(eb) > 4 {
		return nil, false
	}
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(nb), E: int(new(big.Int).SetBytes(eb).Int64())}
	bits := key.N.BitLen()
	return key, bits >= minRSABits && bits <= maxRSABits && key.E >= 3 && key.E%2 == 1
}

// p256Key refuses a point that is not on the curve.
func p256Key(curve, x, y string) (*ecdsa.PublicKey, bool) {
	const size = 32
	xb, err1 := base64.RawURLEncoding.DecodeString(x)
	yb, err2 := base64.RawURLEncoding.DecodeString(y)
	if curve != "P-256" || err1 != nil || err2 != nil || len(xb) != size || len(yb) != size {
		return nil, false
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, xb...), yb...))
	return key, err == nil
}
