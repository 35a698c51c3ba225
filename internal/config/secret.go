package config

import (
	"log/slog"
	"net/url"
	"strings"
)

const hidden = "(hidden)"

// Secret is a text that no log and no error shows. string(s) reveals it.
type Secret string

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString keeps %#v from showing it.
func (s Secret) GoString() string { return s.String() }

// LogValue keeps slog from showing it.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Address is a URL or a DSN, shown without its password. string(a) reveals it.
type Address string

func (a Address) String() string {
	s := string(a)
	if strings.Contains(s, "://") {
		u, err := url.Parse(s)
		if err != nil {
			return hidden
		}
		return u.Redacted()
	}
	// A DSN: the password ends at the last @ before the network's bracket.
	at := strings.LastIndex(s, "@")
	if at < 0 {
		return s
	}
	user, _, hasPassword := strings.Cut(s[:at], ":")
	if !hasPassword {
		return s
	}
	return user + ":xxxxx" + s[at:]
}

// GoString keeps %#v from showing the password.
func (a Address) GoString() string { return a.String() }

// LogValue keeps slog from showing the password.
func (a Address) LogValue() slog.Value { return slog.StringValue(a.String()) }
