package testkit

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Listeners tells at which addresses a process can be reached: of TCP, and the names
// of its Unix sockets.
func Listeners(t testing.TB, pid int) []string {
	t.Helper()
	proc := fmt.Sprintf("/proc/%d", pid)
	descriptors, err := filepath.Glob(proc + "/fd/*")
	if err != nil || len(descriptors) == 0 {
		t.Skip("needs /proc")
	}
	sockets := make(map[string]bool)
	for _, d := range descriptors {
		link, _ := os.Readlink(d) // it may be closed by now
		if inode, ok := strings.CutPrefix(link, "socket:["); ok {
			sockets[strings.TrimSuffix(inode, "]")] = true
		}
	}
	var found []string
	for _, table := range []string{"tcp", "tcp6"} {
		for _, f := range procRows(t, proc+"/net/"+table) {
			const listen = "0A"
			if len(f) > 9 && f[3] == listen && sockets[f[9]] {
				found = append(found, procAddress(t, f[1]))
			}
		}
	}
	for _, f := range procRows(t, proc+"/net/unix") {
		if len(f) > 7 && sockets[f[6]] {
			found = append(found, f[7])
		}
	}
	return found
}

func procRows(t testing.TB, file string) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		rows = append(rows, strings.Fields(line))
	}
	return rows
}

// procAddress reads one of /proc/net/tcp, whose words are in the machine's order.
func procAddress(t testing.TB, text string) string {
	t.Helper()
	host, port, _ := strings.Cut(text, ":")
	raw, err := hex.DecodeString(host)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+4 <= len(raw); i += 4 {
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	ip, ok := netip.AddrFromSlice(raw)
	n, err := hex.DecodeString(port)
	if !ok || err != nil || len(n) != 2 {
		t.Fatalf("%s is no address", text)
	}
	return netip.AddrPortFrom(ip, binary.BigEndian.Uint16(n)).String()
}
