package web

import (
	"log/slog"
	"net/http"
	"slices"
	"time"
)

// WriteTimeout is how long an answer may take, from the end of its request's headers.
const WriteTimeout = 30 * time.Second

const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 8 * time.Second
	restTimeout       = time.Second // for what of a body nobody reads
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 16 << 10 // net/http lets 4 KiB more pass
)

// NewHTTPServer makes the server for the public handler, with a bound on every
// read and write, so that a slow client holds a connection only so long.
// Handlers that stream move their own deadlines.
func NewHTTPServer(addr string, h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           unwaiting(h, http.MethodGet, http.MethodHead),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      WriteTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// What net/http says of single connections is a client's doing.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// unwaiting keeps a body that does not come from keeping its connection busy, since the
// server would wait for the rest of it before it answers. A request with one of the
// methods that take no body, or where none are named with any, is answered, and its
// connection ends then. The others have their time for what a handler reads, and little
// for what it did not want, mostly as it said no.
func unwaiting(next http.Handler, methods ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 0 {
			next.ServeHTTP(w, r)
			return
		}
		conn := http.NewResponseController(w)
		rest, whole := restTimeout, time.Now().Add(readTimeout)
		if len(methods) == 0 || slices.Contains(methods, r.Method) {
			w.Header().Set("Connection", "close")
			_ = conn.SetReadDeadline(time.Now())
			rest = 0
		}
		next.ServeHTTP(w, r)
		deadline := time.Now().Add(rest)
		if whole.Before(deadline) {
			deadline = whole
		}
		_ = conn.SetReadDeadline(deadline)
	})
}

// NewOpsServer makes the server for the operations handler, which takes no bodies. The
// handler bounds its answers itself: a profile takes as long as it was asked to.
func NewOpsServer(addr string, h http.Handler, log *slog.Logger) *http.Server {
	srv := NewHTTPServer(addr, h, log)
	srv.Handler = unwaiting(h)
	srv.WriteTimeout, srv.ReadTimeout = 0, 0
	return srv
}
