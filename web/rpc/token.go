package rpc

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
	"time"

	"connectrpc.com/connect"
)

var errToken = errors.New("the service token is missing or wrong: send it as \"Authorization: Bearer TOKEN\"")

// withToken lets through who shows the token. The answer is in the protocol that the
// caller speaks.
func withToken(token string, next http.Handler) http.Handler {
	want := sha256.Sum256([]byte(token))
	refusal := connect.NewErrorWriter()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, shown, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		// Hashes have one length, so that the time of the comparison tells nothing.
		got := sha256.Sum256([]byte(shown))
		if strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(got[:], want[:]) == 1 {
			next.ServeHTTP(w, r)
			return
		}
		// Else the server would wait for the rest of a body that nobody wants.
		if r.ProtoMajor == 1 {
			w.Header().Set("Connection", "close")
			_ = http.NewResponseController(w).SetReadDeadline(time.Now())
		}
		if refusal.IsSupported(r) {
			_ = refusal.Write(w, r, connect.NewError(connect.CodeUnauthenticated, errToken))
			return
		}
		http.Error(w, errToken.Error(), http.StatusUnauthorized)
	})
}
