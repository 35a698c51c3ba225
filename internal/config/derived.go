package config

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

// Names are the host names by which the service knows itself: that of http.public_url
// and http.hosts.
func (h HTTP) Names() []string {
	names := slices.Clone(h.Hosts)
	if u, err := url.Parse(h.PublicURL); err == nil && u.Hostname() != "" {
		names = append(names, strings.ToLower(u.Hostname()))
	}
	return names
}

// Secrets are the secrets of callbacks, the present one first.
func (p StandardPayment) Secrets() []string { return listed(p.Secret) }

// listed takes a list of secrets apart.
func listed(secrets Secret) []string {
	var list []string
	for s := range strings.SplitSeq(string(secrets), ",") {
		if s = strings.TrimSpace(s); s != "" {
			list = append(list, s)
		}
	}
	return list
}

// PublicURL is where buyers reach the pages: http.public_url, else the address
// that the public port listens on. A host that means "every interface" is shown
// as 127.0.0.1.
func (cfg Config) PublicURL(listening string) string {
	if cfg.HTTP.PublicURL != "" {
		return cfg.HTTP.PublicURL
	}
	host, port, err := net.SplitHostPort(listening)
	if err != nil {
		return "http://" + listening
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}
