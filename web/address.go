package web

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

const (
	forwardedFor = "X-Forwarded-For"
	// sourceBits of an IPv6 address are one client: whoever has one address has all
	// of the network that it is in.
	sourceBits = 64
)

// proxies are those whose word on a client's address is believed.
type proxies []netip.Prefix

// parseProxies reads addresses and networks.
func parseProxies(list []string) (proxies, error) {
	var p proxies
	for _, text := range list {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			addr, addrErr := netip.ParseAddr(text)
			if addrErr != nil {
				return nil, fmt.Errorf("%q is neither an address nor a network", text)
			}
			network = netip.PrefixFrom(addr, addr.BitLen())
		}
		if a, bits := network.Addr(), network.Bits()-96; a.Is4In6() && bits >= 0 {
			network = netip.PrefixFrom(a.Unmap(), bits)
		}
		p = append(p, network)
	}
	return p, nil
}

func (p proxies) trust(addr netip.Addr) bool {
	for _, network := range p {
		if network.Contains(addr) {
			return true
		}
	}
	return false
}

// client is where a request comes from: the connection's other end, or, where that
// is a trusted proxy, whom it forwards for. Each proxy has put the address that it
// was called from at the end of X-Forwarded-For, so the list is believed from its
// end for as long as those who wrote it are trusted. Everything before, and every
// other header, is the client's own word. An address that can't be read is the zero
// one, and one client.
func (p proxies) client(r *http.Request) netip.Addr {
	addr := parseAddr(r.RemoteAddr)
	headers := r.Header[forwardedFor]
	for i := len(headers) - 1; i >= 0; i-- {
		for rest, more := headers[i], true; more; {
			if !p.trust(addr) {
				return addr
			}
			hop := rest
			if comma := strings.LastIndexByte(rest, ','); comma >= 0 {
				rest, hop = rest[:comma], rest[comma+1:]
			} else {
				more = false
			}
			before := parseAddr(strings.Trim(hop, " \t"))
			if !before.IsValid() {
				return addr // the last one who is known
			}
			addr = before
		}
	}
	return addr
}

// parseAddr reads an address, with a port or without, as IPv4 where it is a mapped
// one, and without a zone, which is this machine's affair.
func parseAddr(text string) netip.Addr {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		if inner, ok := strings.CutPrefix(text, "["); ok && strings.HasSuffix(inner, "]") {
			addr, err = netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		} else {
			var withPort netip.AddrPort
			withPort, err = netip.ParseAddrPort(text)
			addr = withPort.Addr()
		}
	}
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}

// sourceOf is whom limits count: an IPv4 address, or the network of an IPv6 one.
func sourceOf(addr netip.Addr) netip.Addr {
	if !addr.Is6() {
		return addr
	}
	network, _ := addr.Prefix(sourceBits) // fails on more bits than there are alone
	return network.Addr()
}

// Client is where a request comes from, for logs.
func (s *Server) Client(r *http.Request) netip.Addr { return s.proxies.client(r) }

// source is where a request comes from, for everything that counts by address.
func (s *Server) source(r *http.Request) netip.Addr { return sourceOf(s.Client(r)) }
