package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"syscall"
)

// noAnswer says in one line why a server gave no answer, and what to do about it.
// what names the server, and hint tells how to name another one.
func noAnswer(what, hint string, err error) error {
	var host *net.DNSError
	var timeout net.Error
	var record tls.RecordHeaderError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var call *url.Error
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted")
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("no server answers at %s: is it running? %s", what, hint)
	case errors.As(err, &host):
		return fmt.Errorf("there is no host %q, of %s. %s", host.Name, what, hint)
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s did not answer in time; is it overloaded, or kept away by a firewall?", what)
	case errors.As(err, &record):
		return fmt.Errorf("%s does not speak TLS; is it http instead of https?", what)
	case errors.As(err, &unknown), errors.As(err, &name):
		return fmt.Errorf("the certificate of %s is not to be trusted: %w", what, errors.Unwrap(err))
	case errors.Is(err, syscall.ECONNRESET):
		return fmt.Errorf("%s closed the connection without an answer", what)
	case errors.As(err, &call):
		err = call.Err
	}
	return fmt.Errorf("no answer from %s: %w", what, err)
}
