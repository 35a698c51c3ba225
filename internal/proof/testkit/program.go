package testkit

import (
	"os/exec"
	"testing"
)

// Program tells the path of a program that a test runs, such as curl.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		unavailable(t, "needs "+name+": run `scripts/tools.sh`")
	}
	return path
}
