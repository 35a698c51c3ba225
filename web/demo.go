package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
)

// knownHost refuses a request under a name that is not this service's.
func (s *Server) knownHost(c *gin.Context) {
	if !isKnownHost(c.Request.Host, s.cfg.Hosts) {
		s.fail(c, seckill.Errorf(seckill.CodeForbidden, "This service is not known under the name in Host. Its names are http.public_url and http.hosts of its configuration."))
		c.Abort()
	}
}

// isKnownHost takes a Host header. An IP address cannot be made to mean another
// machine, nor can localhost.
func isKnownHost(host string, known []string) bool {
	host = nameOf(host)
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || slices.Contains(known, host)
}

// nameOf is the name or address in a Host header, as it compares.
func nameOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

// demoLogin gives a token to whoever asks. It is there only where the config
// turned it on: to try the service out, or to test it.
func (s *Server) demoLogin(c *gin.Context) {
	var body struct {
		Buyer string `json:"buyer"`
	}
	if !s.readJSON(c, &body) {
		return
	}
	if seckill.ValidateBuyer(body.Buyer) != nil {
		s.fail(c, seckill.Invalid("buyer", "must be 1 to %d printable characters", seckill.MaxBuyerRunes))
		return
	}
	token, until, err := s.buyers.sign(body.Buyer, DefaultDemoTTL)
	if err != nil {
		s.fail(c, err)
		return
	}
	writeJSON(c, http.StatusOK, struct {
		Token     string `json:"token"`
		ExpiresAt string `json:"expires_at"`
	}{token, formatTime(until)})
}
