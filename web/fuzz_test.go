package web

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"github.com/seckill-go/seckill/seckill"
)

// Whatever a client writes into X-Forwarded-For, it is taken for no other address than
// the one from which the trusted proxies were called.
func FuzzForwardedFor(f *testing.F) {
	for _, header := range []string{"", "198.51.100.1", "198.51.100.1:80", "[2001:db8::1]:443", "::ffff:10.0.0.1", "a, 10.0.0.2",
		"198.51.100.1, 10.0.0.2", "10.0.0.1,10.0.0.2", "fe80::1%eth0", "[::1", "0x7f.1", ",,,", "unknown", "198.51.100.1,"} {
		f.Add("10.0.0.1:4000", header, "203.0.113.9")
		f.Add("192.0.2.1:4000", header, "")
	}
	trusted, err := parseProxies([]string{"10.0.0.0/24", "2001:db8:ffff::/48"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, remote, header, forged string) {
		of := func(headers ...string) string {
			return trusted.client(&http.Request{RemoteAddr: remote, Header: http.Header{forwardedFor: headers}}).String()
		}
		peer, got := parseAddr(remote), of(header)
		if !trusted.trust(peer) && got != peer.String() {
			t.Fatalf("%q is not trusted and made itself %s", remote, got)
		}
		if addr := parseAddr(got); !trusted.trust(addr) && header != "" {
			// What comes before is not read, in the same header or in one of its own.
			if again := of(forged + "," + header); again != got {
				t.Fatalf("%q before %q made %s of %s", forged, header, again, got)
			}
			if again := of(forged, header); again != got {
				t.Fatalf("%q in a header before %q made %s of %s", forged, header, again, got)
			}
		}
		if source := sourceOf(parseAddr(got)); source != sourceOf(source) || source.Zone() != "" || source.Is4In6() {
			t.Fatalf("%s is counted as %s", got, source)
		}
	})
}

// A token that is taken says the same to whoever reads it: it has each name once.
func FuzzToken(f *testing.F) {
	now := time.Unix(1_700_000_000, 0)
	for _, header := range []string{`{"alg":"HS256"}`, `{"alg":"HS256","crit":["x"]}`, `{"alg":"HS256","alg":"none"}`, `{"alg":"HS256","kid":"a"}`, `null`} {
		for _, claims := range []string{`{"sub":"alice","exp":1700000060}`, `{"sub":"bob","SUB":"alice","exp":1700000060}`,
			`{"sub":"a","sub":"b","exp":1.70000006e9}`, `{"sub":"a\ud800","exp":1700000060}`, `{"sub":"a","exp":"1700000060"}`,
			`{"sub":"a","exp":1700000060,"nbf":0,"iat":1,"aud":["x"],"iss":"y"}`, `[]`, `{}`, `null`, "{\"sub\":\"\xff\",\"exp\":1700000060}"} {
			f.Add([]byte(header), []byte(claims))
		}
	}
	secret := []byte("a-secret-of-more-than-32-bytes-for-tests")
	tokens, err := newBuyerTokens(Config{HS256Secret: secret, MaxTokenLife: time.Hour, Clock: func() time.Time { return now }})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, header, claims []byte) {
		text := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(claims)
		signature, err := jwt.SigningMethodHS256.Sign(text, secret)
		if err != nil {
			t.Fatal(err)
		}
		id, err := tokens.identify(context.Background(), text+"."+base64.RawURLEncoding.EncodeToString(signature))
		if err != nil {
			if code := seckill.CodeOf(err); code != seckill.CodeUnauthorized {
				t.Fatalf("refused as %s: %v", code, err)
			}
			return
		}
		if !id.until.After(now) || id.until.Sub(now) > time.Hour+maxClockSkew || seckill.ValidateBuyer(id.buyer) != nil {
			t.Fatalf("%q until %v", id.buyer, id.until)
		}
		said, names := readPlainly(t, claims), readPlainly(t, header)
		if said["sub"] != id.buyer || fmt.Sprintf("%T", said["exp"]) != "float64" || names["alg"] != "HS256" || names["crit"] != nil {
			t.Fatalf("%s %s was read as %q", header, claims, id.buyer)
		}
	})
}

// readPlainly reads an object that has each name once.
func readPlainly(t *testing.T, text []byte) map[string]any {
	t.Helper()
	if !utf8.Valid(text) {
		t.Fatalf("%q is not UTF-8", text)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	_, _ = d.Token()
	for n := 0; ; n++ {
		if _, err := d.Token(); err != nil || !d.More() && n == 0 {
			break
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil || !d.More() {
			if n+1 != len(m) {
				t.Fatalf("%s has %d names, %d of them different", text, n+1, len(m))
			}
			break
		}
	}
	return m
}

// A body that is taken has the fields that were asked for and no others.
func FuzzBody(f *testing.F) {
	for _, body := range []string{`{"lines":[{"sku":"a","quantity":1}]}`, `{"lines":[{"sku":"a","SKU":"b","quantity":1}]}`, `{"lines":null}`,
		`{"lines":[{"sku":"a","quantity":1e0}]}`, `{"lines":[{"sku":"a","quantity":9223372036854775808}]}`, `{"lines":[]}{}`,
		`{"lines":[],"lines":[]}`, "{\"lines\":[{\"sku\":\"\xff\",\"quantity\":1}]}", `{"lines":[{"sku":"\ud800","quantity":1}]}`, `[]`, ``} {
		f.Add([]byte(body))
	}
	type lines struct {
		Lines []struct {
			SKU      string `json:"sku"`
			Quantity int64  `json:"quantity"`
		} `json:"lines"`
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var got, again lines
		err := decodeJSON(body, &got)
		if err != nil {
			if code := seckill.CodeOf(err); code != seckill.CodeInvalidRequest || !utf8.ValidString(err.Error()) {
				t.Fatalf("refused as %s: %v", code, err)
			}
			return
		}
		d := json.NewDecoder(bytes.NewReader(body))
		d.DisallowUnknownFields()
		if err := d.Decode(&again); err != nil || fmt.Sprint(got) != fmt.Sprint(again) || strings.TrimSpace(string(body[d.InputOffset():])) != "" {
			t.Fatalf("%q was read as %v, and by another reader as %v (%v)", body, got, again, err)
		}
	})
}
