package rpc

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/seckill-go/seckill/internal/seldom"
)

var errToken = errors.New("the service token is missing or wrong: send it as \"Authorization: Bearer TOKEN\"")

// guard lets through who shows the token.
type guard struct {
	token   [sha256.Size]byte // its hash
	metrics *metrics
	log     *slog.Logger
	line    seldom.Line // of those who showed none, or another
}

// around guards a handler. The answer is in the protocol that the caller speaks.
func (g *guard) around(next http.Handler) http.Handler {
	refusal := connect.NewErrorWriter()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.knows(r.Header.Get("Authorization")) {
			next.ServeHTTP(w, r)
			return
		}
		g.tell(r)
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

func (g *guard) knows(authorization string) bool {
	scheme, shown, _ := strings.Cut(authorization, " ")
	// Hashes have one length, so that the time of the comparison tells nothing.
	got := sha256.Sum256([]byte(shown))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(got[:], g.token[:]) == 1
}

// tell writes a line now and then, as anybody who reaches the port can cause it.
func (g *guard) tell(r *http.Request) {
	g.metrics.refused.Inc()
	if leftOut, due := g.line.Due(time.Now()); due {
		g.log.WarnContext(r.Context(), "refused a call: the service token is missing or wrong", "from", r.RemoteAddr,
			"with_token", r.Header.Get("Authorization") != "", "left_out_before", leftOut)
	}
}
