package web

import (
	"log/slog"
	"net/http"
	"time"
)

const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
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
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// What net/http says of single connections is a client's doing.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// NewOpsServer makes the server for the operations handler. It has no write
// timeout: a CPU profile takes as long as it was asked to.
func NewOpsServer(addr string, h http.Handler, log *slog.Logger) *http.Server {
	srv := NewHTTPServer(addr, h, log)
	srv.WriteTimeout, srv.ReadTimeout = 0, 0
	return srv
}
