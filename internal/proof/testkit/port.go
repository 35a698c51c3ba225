package testkit

import (
	"net"
	"testing"
)

// FreePort finds a port of 127.0.0.1 that nobody listens on. Another program
// may take it before the test does, so listen on port 0 where that is possible.
func FreePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
