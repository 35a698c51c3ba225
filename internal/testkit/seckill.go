package testkit

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// Seckill tells the path of the program, built once from the sources as they
// are, with the race detector where the tests have it.
func Seckill() (path string, err error) { return built() }

// RemoveSeckill deletes what Seckill built; for the end of a TestMain.
func RemoveSeckill() {
	if builtIn != "" {
		os.RemoveAll(builtIn)
	}
}

// builtIn is where the program was built; empty when it was not.
var builtIn string

var built = sync.OnceValues(func() (path string, err error) {
	if err := lookAtSources(); err != nil {
		return "", err
	}
	if builtIn, err = os.MkdirTemp("", "seckill-bin-"); err != nil {
		return "", err
	}
	path = filepath.Join(builtIn, "seckill")
	args := []string{"build", "-o", path}
	if raceEnabled {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, "./cmd/seckill")...)
	cmd.Dir = repository()
	cmd.Stderr = os.Stderr
	return path, cmd.Run()
})

// lookAtSources makes the result of a test depend on the program's files: go
// test keeps a result for as long as nothing that the test looked at has
// changed, and it does not see into a build that the test starts.
func lookAtSources() error {
	for _, part := range []string{"cmd", "configs", "internal", "seckill", "web", "worker", "go.mod", "go.sum"} {
		err := filepath.WalkDir(filepath.Join(repository(), part), func(path string, d fs.DirEntry, err error) error {
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
