package e2e

import (
	"flag"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

const repository = "../../.."

// stepByStep are the tests whose processes are built without the race detector,
// which makes them several times slower. In these, one caller after another takes
// the program through what it can do: an operator at the command line, a person in
// a browser, a contract that is read point by point; or it is a matter of time, as
// in backpressure. Every test that is about what happens at the same time in a
// process keeps the detector: rushes, deaths, ends, outages, restarts and failovers.
// So does each that is not named here.
var stepByStep = []string{
	"TestAdmissionStopsBeforeOrdersWaitTooLong",
	"TestAdmissionStopsWhileSQLIsAwayForLong",
	"TestALatePaymentForWhichNoUnitIsLeftIsReturned",
	"TestALatePaymentTakesAUnitThatIsStillThere",
	"TestAMalformedMessageIsADeadLetterAndHoldsUpNobody",
	"TestAnOperatorRunsASaleInABrowser",
	"TestAPaymentWhoseCallbackIsLostIsFoundBeforeTheOrderExpires",
	"TestAPersonBuysAndPaysInABrowser",
	"TestAWrongConfigurationStopsTheStartWithItsKey",
	"TestBenchGivesNoFiguresOfASaleThatIsNotConserved",
	"TestBenchGivesNoFiguresOfOrdersThatNobodyRecords",
	"TestBenchNamesTheSettingThatHinderedIt",
	"TestCancelAndPayAnswerAsTheContractSays",
	"TestDriftIsRepairedFromTheCommandLine",
	"TestOtherSystemsReceiveEventsThatFitTheSchema",
	"TestPreloadOfAThousandItemsTwiceChangesNothing",
	"TestPreloadOfTheExampleFileTwiceChangesNothing",
	"TestPreloadWithOneBadRowLoadsNothing",
	"TestTokenAndCheckconfigTellWhatTheyShouldAndNoMore",
	"TestTwoProcessesDoNotShareADataFolder",
}

// binary builds the program once for all tests that run the same.
func binary(t *testing.T) (path string, err error) {
	name, _, _ := strings.Cut(t.Name(), "/")
	if slices.Contains(stepByStep, name) {
		return testkit.SeckillWithoutRace()
	}
	return testkit.Seckill()
}

// Each installation is its test's own, so tests run beside each other, and most of
// their time they wait: for holds and leases to end, for servers and processes to
// start. So more of them run at a time than there are processors, where -parallel
// does not say how many. Those that look at the clock, or at what a disk had
// of a server that is killed, are not parallel, and come first, one after the other.
const testsPerProcessor = 2

func TestMain(m *testing.M) {
	flag.Parse()
	if !isSet("test.parallel") {
		_ = flag.Set("test.parallel", strconv.Itoa(testsPerProcessor*runtime.GOMAXPROCS(0)))
	}
	code := m.Run()
	testkit.RemoveSeckill()
	os.Exit(code)
}

func isSet(name string) (set bool) {
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == name })
	return set
}
