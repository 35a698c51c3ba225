package web_test

import (
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/web"
)

// Whoever announces a body that never comes must not keep a place of the operations
// port, which has no time limit: liveness would fail.
func TestABodyThatNeverComesKeepsNoConnection(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	srv := web.NewOpsServer("", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "alive") }), webtest.Quiet())
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	for _, request := range []string{"GET /livez HTTP/1.1\r\nContent-Length: 1000", "GET /livez HTTP/1.1\r\nTransfer-Encoding: chunked",
		"POST /livez HTTP/1.1\r\nContent-Length: 1000"} {
		conn, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		defer conn.Close()
		require.NoError(t, conn.SetDeadline(time.Now().Add(webtest.Deadline)))
		_, err = io.WriteString(conn, request+"\r\nHost: a\r\n\r\n1")
		require.NoError(t, err)
		answer, err := io.ReadAll(conn) // until the server ends the connection
		require.NoError(t, err, request)
		require.Contains(t, string(answer), "alive")
	}
}

// A body that nobody wants, since the answer is no, gets little time to come: one that
// is read still waits when the other's connection has ended.
func TestABodyThatIsRefusedKeepsItsPlaceForAMoment(t *testing.T) {
	t.Parallel()
	read := make(chan error, 1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	reading := make(chan struct{})
	srv := web.NewHTTPServer("", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/read" {
			close(reading)
			_, err := io.ReadAll(r.Body)
			read <- err
		}
		w.WriteHeader(http.StatusUnauthorized)
	}), webtest.Quiet())
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	post := func(path string) net.Conn {
		conn, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		require.NoError(t, conn.SetDeadline(time.Now().Add(webtest.Deadline)))
		_, err = io.WriteString(conn, "POST "+path+" HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n1")
		require.NoError(t, err)
		return conn
	}
	post("/read")
	<-reading
	answer, err := io.ReadAll(post("/refuse")) // until the server ends the connection
	require.NoError(t, err)
	require.Contains(t, string(answer), "401")
	select {
	case err := <-read:
		t.Fatal("it had as much time as one that is read", err)
	default:
	}
}
