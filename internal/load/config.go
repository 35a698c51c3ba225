package load

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"
)

// Config says what to send, how, and for how long.
type Config struct {
	// URL is the server's scheme, host and port, http or https. Required.
	URL string
	// Connections is how many requests can be under way, 1 to 100,000. Required.
	Connections int
	// Rate is how many requests are due a second, in an open loop. 0 is a closed
	// loop.
	Rate float64
	// Count ends the run after so many requests, Duration after so long, whatever
	// comes first; 0 is no bound. So does the end of Run's context. Requests that
	// are due by then are still sent and answered.
	Count    int64
	Duration time.Duration
	// Timeout bounds the wait for one answer, and for one connection. Default: 10 s.
	Timeout time.Duration
	// Source writes the requests. Required.
	Source Source
	// Classify judges an answer. Default: DefaultClass.
	Classify func(status int, code string) Class
	// OnAnswer is told of each answer, by many goroutines at once; the answer is
	// valid until it returns. Default: nobody is told.
	OnAnswer func(n int64, a Answer)
	// Progress is told ten times a second how far the run is. Default: nobody is.
	Progress func(Progress)
	// TLS is how https servers are spoken to. Default: as the system does.
	TLS *tls.Config
}

// Source appends the n-th request, counted from 0, to buf: all of it, from the
// request line to the end of the body. It is called by many goroutines at once,
// with a different n each.
type Source func(buf []byte, n int64) []byte

// Progress is how far a run is.
type Progress struct {
	Elapsed                   time.Duration
	Accepted, Refused, Failed int64
}

const (
	// DefaultTimeout bounds the wait for an answer.
	DefaultTimeout = 10 * time.Second

	maxConnections = 100_000
)

func (c *Config) check() (addr string, err error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", fmt.Errorf("load: %q is no http or https address", c.URL)
	}
	var bad []error
	if c.Connections < 1 || c.Connections > maxConnections {
		bad = append(bad, fmt.Errorf("load: Connections must be 1 to %d", maxConnections))
	}
	if c.Rate < 0 || c.Count < 0 || c.Duration < 0 || c.Timeout < 0 {
		bad = append(bad, errors.New("load: Rate, Count, Duration and Timeout must not be negative"))
	}
	if c.Source == nil {
		bad = append(bad, errors.New("load: Source is required"))
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Classify == nil {
		c.Classify = DefaultClass
	}
	if u.Scheme == "https" {
		if c.TLS == nil {
			c.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		if c.TLS.ServerName == "" {
			c.TLS = c.TLS.Clone()
			c.TLS.ServerName = u.Hostname()
		}
	} else {
		c.TLS = nil
	}
	addr = u.Host
	if u.Port() == "" {
		addr = net.JoinHostPort(u.Hostname(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	}
	return addr, errors.Join(bad...)
}
