package web

import (
	"log/slog"
	"net/http"
	"slices"
	"time"
)

const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 8 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 16 << 10
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
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// What net/http says of single connections is a client's doing.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// unwaiting answers a request that has a body and one of the methods that take none, or
// where none are named any method, and ends its connection then: the server would wait
// for the rest of the body first, and the connection count as busy all the while.
func unwaiting(next http.Handler, methods ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 && (len(methods) == 0 || slices.Contains(methods, r.Method)) {
			w.Header().Set("Connection", "close")
			_ = http.NewResponseController(w).SetReadDeadline(time.Now())
		}
		next.ServeHTTP(w, r)
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
