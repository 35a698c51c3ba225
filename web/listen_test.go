package web_test

import (
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/web"
)

// Whoever announces a body that never comes must not keep a place of the operations
// port, which has no time limit: liveness would fail.
func TestABodyThatNeverComesKeepsNoConnection(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	srv := web.NewOpsServer("", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "alive") }), quiet())
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	for _, request := range []string{"GET /livez HTTP/1.1\r\nContent-Length: 1000", "GET /livez HTTP/1.1\r\nTransfer-Encoding: chunked",
		"POST /livez HTTP/1.1\r\nContent-Length: 1000"} {
		conn, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		defer conn.Close()
		require.NoError(t, conn.SetDeadline(time.Now().Add(deadline)))
		_, err = io.WriteString(conn, request+"\r\nHost: a\r\n\r\n1")
		require.NoError(t, err)
		answer, err := io.ReadAll(conn) // until the server ends the connection
		require.NoError(t, err, request)
		require.Contains(t, string(answer), "alive")
	}
}
