package chaos

import (
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	seedFlag   = flag.Uint64("seed", 0, "the first seed; 0 draws one")
	runsFlag   = flag.Int("runs", 0, "how many seeds to run, one after the other; 0 runs the fixed ones and a new one")
	reportFlag = flag.String("report", "", "file to which each run appends a line of JSON")
	keepFlag   = flag.String("keep", "", "folder that keeps the story and the logs of runs that broke a promise")
)

// binary builds the program once, with the race detector where the tests have it.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "seckill-chaos-bin-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "seckill")
	args := []string{"build", "-o", path}
	if raceEnabled {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, "./cmd/seckill")...)
	cmd.Dir = "../.."
	cmd.Stderr = os.Stderr
	return path, cmd.Run()
})

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if path, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

func TestChaos(t *testing.T) {
	path, err := binary()
	require.NoError(t, err)
	in := NewInstance(t, path)
	first := *seedFlag
	if first == 0 {
		first = 1 + rand.Uint64N(1_000_000)
	}
	for seed := first; seed < first+uint64(max(1, *runsFlag)); seed++ {
		p := NewPlan(seed)
		t.Logf("%s", p)
		res, err := in.Do(t.Context(), p)
		require.NoError(t, err)
		t.Logf("%s", res.Line())
		if len(res.Broken) > 0 {
			t.Errorf("%s", res.Story)
		}
	}
}
