package testkit

import (
	"fmt"
	"os"
	"strconv"
	"testing"
)

// Some tests have more cases than make test has time for. It
// runs a share of them, which a seed chooses, so that another commit runs others;
// make soak runs all.
const (
	envSoak = "SECKILL_TEST_SOAK" // 1 in make soak
	envSeed = "SECKILL_TEST_SEED" // chooses the share; make test takes it of the commit
)

// Soaking tells whether everything is run, however long it takes: in make soak.
func Soaking() bool { return os.Getenv(envSoak) == "1" }

// Sized is how large a test is: soaking in make soak, where figures are to be believed
// and races looked for at length, else usual.
func Sized(soaking, usual int) int {
	if Soaking() {
		return soaking
	}
	return usual
}

// Seed chooses what this run has a share of; 0 where nobody has set one.
func Seed() uint64 {
	text := os.Getenv(envSeed)
	if text == "" {
		return 0
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		panic(fmt.Sprintf("%s=%q: must be a whole number", envSeed, text))
	}
	return seed
}

// OnlyInSoak skips a test that make test has no time for; why says what stands for
// it there.
func OnlyInSoak(t testing.TB, why string) {
	t.Helper()
	if !Soaking() {
		t.Skipf("runs in make soak (%s=1): %s", envSoak, why)
	}
}

// InTurn skips the i-th case of a test that has many, unless the seed draws it: one
// of every so many cases. Cases that are alike stand together, so that a share has
// some of each kind.
func InTurn(t testing.TB, i, every int) {
	t.Helper()
	if !Soaking() && !drawn(Seed(), i, every) {
		t.Skipf("not drawn by %s=%d; make soak runs it (%s=1)", envSeed, Seed(), envSoak)
	}
}

func drawn(seed uint64, i, every int) bool {
	return (uint64(i)+seed)%uint64(every) == 0
}

// Share gives the cases that the seed draws, one of every so many, and all in a soak: for
// cases that go one after the other through the same test.
func Share[T any](cases []T, every int) (drawnCases []T) {
	for i, c := range cases {
		if Soaking() || drawn(Seed(), i, min(every, len(cases))) {
			drawnCases = append(drawnCases, c)
		}
	}
	return drawnCases
}
