package testkit

import (
	"flag"
	"strconv"
)

// AtOnce lets so many parallel tests of a package run at the same time, however few
// processors there are: for tests that mostly wait. A TestMain begins with it; who says
// -parallel is obeyed.
func AtOnce(tests int) { setUnlessGiven("test.parallel", tests) }

// Checks is how many sequences a random test of the package runs, where a soak runs
// rapid's hundred. A TestMain begins with it; who says -rapid.checks is obeyed.
func Checks(few int) {
	if !Soaking() {
		setUnlessGiven("rapid.checks", few)
	}
}

func setUnlessGiven(name string, n int) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	if !given {
		_ = flag.Set(name, strconv.Itoa(n))
	}
}
