package e2e

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

const repository = "../../.."

// racing are the tests whose processes have the race detector in every run, which
// makes them several times slower: a crowd at every kind of installation, the end of
// each kind of process in the middle of it, and every step of the program failing
// once. Those of all others have it where the tests have it: in make soak.
var racing = []string{
	"TestRushSellsExactlyWhatIsThere",
	"TestRushSurvivesTheEndOfAProcess",
	"TestNothingIsLostWhenEveryStepFailsOnce",
}

// timed are the tests that say how long something may take. Their processes never
// have the detector, as none has that is in use.
var timed = []string{
	"TestAdmissionStopsBeforeOrdersWaitTooLong",
	"TestAdmissionStopsWhileSQLIsAwayForLong",
	"TestAnEmbeddedServerThatWasKilledSellsAgainAtOnce",
	"TestASaleIsOpenAgainAfterRedisAndTheWorkerDiedTogether",
	"TestASaleOfManyOrdersReopensSoonAfterRedisWasEmptied",
	"TestASaleOnAClusterOpensSoonAfterTheDeathOfItsMaster",
	"TestASaleOnAClusterSellsOnWhileItsSlotMoves",
	"TestTwoThousandWatchersLearnOfSoldOut",
}

// binary builds the program once for all tests that run the same.
func binary(t *testing.T) (path string, err error) {
	name, _, _ := strings.Cut(t.Name(), "/")
	switch {
	case slices.Contains(racing, name):
		return testkit.SeckillWithRace()
	case slices.Contains(timed, name):
		return testkit.SeckillWithoutRace()
	}
	return testkit.Seckill()
}

// alone makes a test that measures run beside no other where it says how long
// something may take, which is in make soak; elsewhere it is as parallel as any.
func alone(t *testing.T) {
	if !testkit.Soaking() {
		t.Parallel()
	}
}

// Each installation is its test's own, so tests run beside each other, and most of
// their time they wait: for holds and leases to end, for servers and processes to
// start. So more of them run at a time than there are processors.
const testsPerProcessor = 2

func TestMain(m *testing.M) {
	testkit.AtOnce(testsPerProcessor * runtime.GOMAXPROCS(0))
	code := m.Run()
	testkit.RemoveSeckill()
	os.Exit(code)
}
