package load

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// conn is one keep-alive connection, and the memory that its requests use again.
type conn struct {
	addr    string
	tls     *tls.Config
	timeout time.Duration

	net      net.Conn // nil after it broke
	reader   *bufio.Reader
	deadline time.Time
	request  []byte
	body     []byte
}

func newConn(addr string, cfg *Config) *conn {
	return &conn{addr: addr, tls: cfg.TLS, timeout: cfg.Timeout, reader: bufio.NewReaderSize(nil, maxHeader)}
}

func (c *conn) dial(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var d net.Dialer
	raw, err := d.DialContext(ctx, "tcp", c.addr)
	if err != nil {
		return err
	}
	c.net = raw
	if c.tls != nil {
		secure := tls.Client(raw, c.tls)
		if err := secure.HandshakeContext(ctx); err != nil {
			c.close()
			return err
		}
		c.net = secure
	}
	c.reader.Reset(c.net)
	c.deadline = time.Time{}
	return nil
}

// exchange sends the connection's request and reads the answer. Whatever goes
// wrong, the connection is closed: what is left in it belongs to nobody.
func (c *conn) exchange(now time.Time) (Answer, error) {
	if err := c.extend(now); err != nil {
		c.close()
		return Answer{}, err
	}
	if _, err := c.net.Write(c.request); err != nil {
		c.close()
		return Answer{}, err
	}
	a, err := readAnswer(c.reader, c.body)
	if err != nil {
		c.close()
		return a, err
	}
	if cap(a.Body) > cap(c.body) {
		c.body = a.Body
	}
	if a.closes {
		c.close()
	}
	return a, nil
}

// extend moves the deadline of reads and writes. Each move costs about as much as
// the rest of a request's bookkeeping, so it is moved only now and then: a
// request has between one and one and a quarter times the timeout.
func (c *conn) extend(now time.Time) error {
	if c.deadline.Sub(now) >= c.timeout {
		return nil
	}
	c.deadline = now.Add(c.timeout + c.timeout/4)
	return c.net.SetDeadline(c.deadline)
}

func (c *conn) close() {
	if c.net != nil {
		_ = c.net.Close()
		c.net = nil
	}
}

// why names an error of a connection in a word or two, to count it under.
func why(err error) string {
	var op *net.OpError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, errAnswer):
		return "not understood"
	case errors.As(err, &op) && op.Op == "dial":
		return "no connection"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &op):
		return "connection broken"
	default:
		return "other"
	}
}
