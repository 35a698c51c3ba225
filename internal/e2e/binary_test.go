package e2e

import (
	"io/fs"
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

// lookAtSources makes the result of these tests depend on the program's files:
// go test keeps a result for as long as nothing that the test looked at has
// changed, and it does not see into a build that the test starts.
func lookAtSources() error {
	for _, dir := range []string{"cmd", "configs", "internal", "seckill", "web", "worker", "go.mod", "go.sum"} {
		err := filepath.WalkDir(filepath.Join(repository, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			_, err = os.Stat(path)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func TestMain(m *testing.M) {
	if err := lookAtSources(); err != nil {
		panic(err)
	}
	code := m.Run()
	if path, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}
