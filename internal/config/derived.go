package config

import (
	"net"
	"slices"
	"strings"
)

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

// Warnings are settings that have no effect or weaken something, each one a
// line that names its key. They do not stop a start.
func (cfg Config) Warnings() []string {
	var w []string
	if cfg.Mode == Embedded {
		for key, set := range map[string]bool{
			"redis.addrs":  len(cfg.Redis.Addrs) > 0,
			"mysql.dsn":    cfg.MySQL.DSN != "",
			"rabbitmq.url": cfg.RabbitMQ.URL != "",
		} {
			if set {
				w = append(w, key+": has no effect in embedded mode; set mode to external to use it")
			}
		}
		slices.Sort(w)
		return w
	}
	if cfg.Auth.DemoLogin {
		w = append(w, "auth.demo_login: is on: everyone can be any buyer")
	}
	if cfg.Payment.Mock {
		w = append(w, "payment.mock: is on: orders can be paid without money")
	}
	return w
}
