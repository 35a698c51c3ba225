package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

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
		err := DecodeJSON(body, &got)
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
