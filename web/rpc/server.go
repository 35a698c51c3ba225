package rpc

import (
	"log/slog"
	"net/http"
	"time"
)

const (
	readHeaderTimeout = 10 * time.Second
	// idleTimeout lets a service keep its connection between calls.
	idleTimeout    = 5 * time.Minute
	maxHeaderBytes = 16 << 10
	// maxStreams is the most calls at once over one connection of HTTP/2.
	maxStreams = 250
)

// NewServer serves a handler over HTTP/1.1 and over HTTP/2 without TLS, which gRPC
// needs.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:           h,
		Protocols:         protocols,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       longest + readHeaderTimeout,
		WriteTimeout:      longest + readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// What net/http says of single connections is a client's doing.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
