package testkit

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// The program may have been built before: scripts/test.sh does it once for all
// packages, and says where.
const (
	envBinary     = "SECKILL_TEST_BINARY"
	envRaceBinary = "SECKILL_TEST_BINARY_RACE" // with the race detector
)

// Seckill tells the path of the program, built once from the sources as they are,
// with the race detector where the tests have it.
func Seckill() (path string, err error) {
	if raceEnabled {
		return SeckillWithRace()
	}
	return SeckillWithoutRace()
}

// SeckillWithRace is Seckill with the race detector, wherever it is called: the
// program starts and works several times as slowly.
func SeckillWithRace() (path string, err error) { return detecting() }

// SeckillWithoutRace is Seckill without the race detector, wherever it is called.
func SeckillWithoutRace() (path string, err error) { return plain() }

// RemoveSeckill deletes what was built; for the end of a TestMain.
func RemoveSeckill() {
	if builtIn != "" {
		os.RemoveAll(builtIn)
	}
}

var (
	plain     = sync.OnceValues(func() (string, error) { return built(envBinary, "seckill") })
	detecting = sync.OnceValues(func() (string, error) { return built(envRaceBinary, "seckill-race", "-race") })
)

// builtIn is where the programs were built; empty when none was.
var builtIn string

// makeBuiltIn is done once for both programs.
var makeBuiltIn = sync.OnceValue(func() (err error) {
	builtIn, err = os.MkdirTemp("", "seckill-bin-")
	return err
})

// built is the program that a variable names, or one that is built now.
func built(env, name string, flags ...string) (path string, err error) {
	if err := lookAtSources(); err != nil {
		return "", err
	}
	if path = os.Getenv(env); path != "" {
		return path, nil
	}
	if err := makeBuiltIn(); err != nil {
		return "", err
	}
	path = filepath.Join(builtIn, name)
	cmd := exec.Command("go", append(append([]string{"build", "-o", path}, flags...), "./cmd/seckill")...)
	cmd.Dir = repository()
	cmd.Stderr = os.Stderr
	return path, cmd.Run()
}

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
