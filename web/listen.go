package web

import (
	"log/slog"
	"net/http"
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
		Handler:           unwaiting(h),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// What net/http says of single connections is a client's doing.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// unwaiting answers a request that has a body and a method that takes none, and ends
// its connection then: the server would wait for the rest of the body first, and the
// connection count as busy all the while.
func unwaiting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			w.Header().Set("Connection", "close")
			_ = http.NewResponseController(w).SetReadDeadline(time.Now())
		}
		next.ServeHTTP(w, r)
	})
}

// NewOpsServer makes the server for the operations handler. It has no write
// timeout: a CPU profile takes as long as it was asked to.
func NewOpsServer(addr string, h http.Handler, log *slog.Logger) *http.Server {
	srv := NewHTTPServer(addr, h, log)
	srv.WriteTimeout, srv.ReadTimeout = 0, 0
	return srv
}
