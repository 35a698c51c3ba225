package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// unnamedProxyFor is how long the system page tells of one that was seen.
const unnamedProxyFor = 10 * time.Minute

// unnamedProxy is who last sent X-Forwarded-For without being one of the trusted
// proxies: a balancer that nobody named, so that all its users are one address, or a
// client that makes the header up.
type unnamedProxy struct {
	mu   sync.Mutex
	addr netip.Addr
	seen time.Time
}

// noteForwarder looks at a request with X-Forwarded-For.
func (s *Server) noteForwarder(r *http.Request) {
	peer := parseAddr(r.RemoteAddr)
	if s.proxies.trust(peer) {
		return
	}
	s.unnamed.mu.Lock()
	s.unnamed.addr, s.unnamed.seen = peer, s.cfg.Clock()
	s.unnamed.mu.Unlock()
	s.forwarded.Warn(r.Context(), "X-Forwarded-For comes from an address that is not in http.trusted_proxies, and is not believed: "+
		"if it is your balancer's, name it there, or all who come through it share one address's limits", slog.String("ip", peer.String()))
}

// UnnamedProxy warns operators of a proxy that nobody named; it is empty where none was
// seen of late.
func (s *Server) UnnamedProxy() string { return s.unnamed.warning(s.cfg.Clock()) }

// warning is what is said of it.
func (u *unnamedProxy) warning(now time.Time) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.seen.IsZero() || now.Sub(u.seen) > unnamedProxyFor {
		return ""
	}
	return fmt.Sprintf("http.trusted_proxies: X-Forwarded-For comes from %s, which is not named there: if that is your balancer, all who come through it share one address's limits; if not, somebody makes the header up, and it has no effect", u.addr)
}
