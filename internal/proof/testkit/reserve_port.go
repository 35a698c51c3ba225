package testkit

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"testing"
)

// reservePort picks a port for a server that goes down and comes back: below the
// range that outgoing connections take theirs from, and reserved against the
// servers of scripts/services.sh, which reserve theirs in the same folder.
func reservePort(t testing.TB, owner string) int {
	t.Helper()
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("seckill-ports-%d", os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		port := 20_000 + rand.IntN(12_000)
		if reserve(t, filepath.Join(dir, fmt.Sprint(port)), owner) && portIsFree(port) {
			return port
		}
	}
	t.Fatal("found no free port")
	return 0
}

// reserve notes the owner's folder in the port's file, unless another has.
func reserve(t testing.TB, file, owner string) bool {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return false
	}
	t.Cleanup(func() { os.Remove(file) })
	_, err = fmt.Fprintln(f, owner)
	return err == nil && f.Close() == nil
}

func portIsFree(port int) bool {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	return l.Close() == nil
}
