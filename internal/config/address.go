package config

import (
	"log/slog"
	"net/url"
	"slices"
	"strings"
)

// Address is a URL or a DSN, shown without its password and without the values of
// its query, where keys and tokens stand as well. string(a) reveals it.
type Address string

func (a Address) String() string {
	s := string(a)
	if strings.Contains(s, "://") {
		u, err := url.Parse(s)
		if err != nil {
			return hidden
		}
		u.RawQuery, u.Fragment, u.RawFragment = withoutValues(u.RawQuery), "", ""
		return u.Redacted()
	}
	// A DSN: the password ends at the last @ before the network's bracket, and the
	// parameters begin behind the database's name.
	s, parameters, hasParameters := cutParameters(s)
	if at := strings.LastIndex(s, "@"); at >= 0 {
		if user, _, hasPassword := strings.Cut(s[:at], ":"); hasPassword {
			s = user + ":" + masked + s[at:]
		}
	}
	if hasParameters {
		s += "?" + withoutValues(parameters)
	}
	return s
}

const masked = "xxxxx"

// Hook is a URL that is called to tell of something: who knows it may tell as well, so
// its path is often a key. It is shown without it. string(h) reveals it.
type Hook string

func (h Hook) String() string {
	u, err := url.Parse(string(h))
	switch {
	case h == "":
		return ""
	case err != nil || u.Host == "":
		return hidden
	case strings.Trim(u.EscapedPath(), "/") == "" && u.RawQuery == "" && u.User == nil:
		return string(h)
	}
	return u.Scheme + "://" + u.Host + "/" + masked
}

// GoString keeps %#v from showing what is hidden.
func (h Hook) GoString() string { return h.String() }

// LogValue keeps slog from showing what is hidden.
func (h Hook) LogValue() slog.Value { return slog.StringValue(h.String()) }

// cutParameters cuts a DSN at the ? of its parameters: a password may have one too.
func cutParameters(dsn string) (before, parameters string, found bool) {
	slash := strings.LastIndex(dsn, "/")
	at := strings.Index(dsn[slash+1:], "?")
	if at < 0 {
		return dsn, "", false
	}
	at += slash + 1
	return dsn[:at], dsn[at+1:], true
}

// plainParameters are those of a DSN whose values tell how a connection behaves.
var plainParameters = []string{"allowNativePasswords", "charset", "collation", "interpolateParams", "loc",
	"maxAllowedPacket", "parseTime", "readTimeout", "timeout", "tls", "writeTimeout", "heartbeat", "channel_max"}

// withoutValues keeps the names of a query and the values that are known to be plain.
func withoutValues(query string) string {
	if query == "" {
		return ""
	}
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		name, _, hasValue := strings.Cut(pair, "=")
		switch {
		case !hasValue:
			pairs[i] = masked // a token may stand there without a name
		case !slices.Contains(plainParameters, name):
			pairs[i] = name + "=" + masked
		}
	}
	return strings.Join(pairs, "&")
}

// GoString keeps %#v from showing what is hidden.
func (a Address) GoString() string { return a.String() }

// LogValue keeps slog from showing what is hidden.
func (a Address) LogValue() slog.Value { return slog.StringValue(a.String()) }
