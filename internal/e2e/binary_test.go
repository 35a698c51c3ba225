package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// binary builds the program once for all tests, with the race detector where
// the tests have it.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "seckill-e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "seckill")
	args := []string{"build", "-o", path}
	if raceEnabled {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, "./cmd/seckill")...)
	cmd.Dir = repository
	cmd.Stderr = os.Stderr
	return path, cmd.Run()
})

const repository = "../.."

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}
