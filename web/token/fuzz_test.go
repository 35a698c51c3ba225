package token

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"github.com/seckill-go/seckill/seckill"
)

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
	tokens, err := New(Config{HS256Secret: secret, MaxLife: time.Hour, Clock: func() time.Time { return now }})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, header, claims []byte) {
		text := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(claims)
		signature, err := jwt.SigningMethodHS256.Sign(text, secret)
		if err != nil {
			t.Fatal(err)
		}
		id, err := tokens.Identify(context.Background(), text+"."+base64.RawURLEncoding.EncodeToString(signature))
		if err != nil {
			if code := seckill.CodeOf(err); code != seckill.CodeUnauthorized {
				t.Fatalf("refused as %s: %v", code, err)
			}
			return
		}
		if !id.Until.After(now) || id.Until.Sub(now) > time.Hour+maxClockSkew || seckill.ValidateBuyer(id.Buyer) != nil {
			t.Fatalf("%q until %v", id.Buyer, id.Until)
		}
		said, names := readPlainly(t, claims), readPlainly(t, header)
		if said["sub"] != id.Buyer || fmt.Sprintf("%T", said["exp"]) != "float64" || names["alg"] != "HS256" || names["crit"] != nil {
			t.Fatalf("%s %s was read as %q", header, claims, id.Buyer)
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
