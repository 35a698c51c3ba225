package web

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
)

// KnownHost refuses a request under a name that is not this service's.
func (s *Server) KnownHost(c *gin.Context) {
	if !isKnownHost(c.Request.Host, s.cfg.Hosts) {
		s.Fail(c, seckill.Errorf(seckill.CodeForbidden, "This service is not known under the name in Host. Its names are http.public_url and http.hosts of its configuration."))
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
