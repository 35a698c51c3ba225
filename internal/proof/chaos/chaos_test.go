package chaos

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

var (
	seedFlag      = flag.Uint64("seed", 0, "the first seed; 0 runs the fixed ones and a new one, or, with -runs, begins at a new one")
	runsFlag      = flag.Int("runs", 0, "how many seeds to run, counting up")
	instancesFlag = flag.Int("instances", 1, "how many sets of servers to run on at the same time")
	onFlag        = flag.String("on", "", "what Redis is in every run: one, sentinel or cluster; empty: as the seed has it")
	withoutFlag   = flag.String("without", "", "leave out the faults that match this regular expression")
	reportFlag    = flag.String("report", "", "file to which each run appends a line of JSON")
	keepFlag      = flag.String("keep", "", "folder that keeps the story and all logs of runs that broke a promise")
)

func TestMain(m *testing.M) {
	code := m.Run()
	testkit.RemoveSeckill()
	os.Exit(code)
}

// topologies are the values of -on.
var topologies = map[string]string{"one": oneRedis, "sentinel": sentinelRedis, "cluster": clusterRedis}

// fixedSeeds have together every kind of fault. make soak runs them all, make test
// one of them in turn.
var fixedSeeds = []uint64{836, 93, 54, 90, 78, 95, 17512, 1, 2, 14}

// beginWithin bounds make test: after that no run is begun but the first.
const beginWithin = 25 * time.Second

// TestChaos runs seeds and wants every promise kept. See docs/chaos.md.
func TestChaos(t *testing.T) {
	seeds, within := chosenSeeds(t)
	path, err := testkit.Seckill()
	require.NoError(t, err)
	todo := make(chan uint64, len(seeds))
	for _, seed := range seeds {
		todo <- seed
	}
	close(todo)
	c := &campaign{}
	t.Run("instances", func(t *testing.T) {
		for i := range *instancesFlag {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				began := time.Now()
				in := NewInstance(t, path)
				for seed := range todo {
					if seed == seeds[0] || time.Since(began) < within {
						c.run(t, in, seed)
					} else {
						t.Logf("no time left for seed %d", seed)
					}
				}
			})
		}
	})
	t.Logf("\n%s", Summary(c.results))
}

// chosenSeeds tells what to run, and within which time a run may begin.
func chosenSeeds(t *testing.T) (seeds []uint64, within time.Duration) {
	if _, known := topologies[*onFlag]; *onFlag != "" && !known {
		t.Fatalf("-on=%s: must be one, sentinel or cluster", *onFlag)
	}
	const unbounded = 1000 * time.Hour
	switch {
	case *seedFlag == 0 && *runsFlag == 0:
		if testing.Short() || os.Getenv("SECKILL_TEST_REQUIRE_SERVICES") != "1" {
			t.Skip("runs for a minute on servers of its own: make chaos, or make test")
		}
		fresh := freshSeed()
		t.Logf("the new seed is %d", fresh)
		if testkit.Soaking() {
			return append([]uint64{fresh}, fixedSeeds...), unbounded
		}
		return []uint64{fresh, fixedSeeds[testkit.Seed()%uint64(len(fixedSeeds))]}, beginWithin
	case *seedFlag == 0:
		seeds = []uint64{freshSeed()}
	default:
		seeds = []uint64{*seedFlag}
	}
	for len(seeds) < *runsFlag {
		seeds = append(seeds, seeds[0]+uint64(len(seeds)))
	}
	return seeds, unbounded
}

// freshSeed is drawn by the seed of the tests, where there is one.
func freshSeed() uint64 {
	draw := testkit.Seed()
	if draw == 0 {
		draw = rand.Uint64()
	}
	return 1_000 + rand.New(rand.NewPCG(draw, 0)).Uint64N(1_000_000_000)
}

// campaign gathers the results of many runs.
type campaign struct {
	mu      sync.Mutex
	results []Result
}

func (c *campaign) run(t *testing.T, in *Instance, seed uint64) {
	p := NewPlan(seed)
	if *onFlag != "" {
		p = NewPlanOn(seed, topologies[*onFlag])
	}
	if *withoutFlag != "" {
		p = p.Without(regexp.MustCompile(*withoutFlag))
	}
	res, err := in.Do(t.Context(), p)
	if err != nil {
		t.Errorf("seed %d could not be run: %v\n%s", seed, err, p)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.results = append(c.results, res)
	c.report(t, res)
	if len(res.Broken) == 0 {
		t.Logf("seed %d kept every promise in %.1f+%.1f+%.1f s, %d of %d orders accepted, ack %s: %s", seed, res.Started.Seconds(),
			res.Loaded.Seconds(), res.Settled.Seconds(), res.Accepted, res.Clicks, res.Ack, strings.Join(res.Injected, "; "))
	} else {
		t.Errorf("%s", res.Story)
	}
	for _, h := range res.Harness {
		t.Errorf("seed %d: a fault could not be injected or undone: %s", seed, h)
	}
}

func (c *campaign) report(t *testing.T, res Result) {
	if *reportFlag != "" {
		f, err := os.OpenFile(*reportFlag, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		require.NoError(t, err)
		_, err = f.Write(res.Line())
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
	if *keepFlag != "" && len(res.Broken) > 0 {
		require.NoError(t, os.MkdirAll(*keepFlag, 0o755))
		file := filepath.Join(*keepFlag, fmt.Sprintf("seed-%d.txt", res.Seed))
		require.NoError(t, os.WriteFile(file, []byte(res.Story+"\n"+res.Logs), 0o644))
	}
}
