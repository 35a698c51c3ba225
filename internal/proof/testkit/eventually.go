package testkit

import (
	"testing"
	"time"
)

const (
	// eventuallyWithin is far longer than anything takes, so that only what
	// never happens fails, however slow the machine.
	eventuallyWithin = 60 * time.Second
	eventuallyEvery  = 10 * time.Millisecond
)

// Eventually waits until condition holds, and fails the test if it never does.
// what completes the sentence "waited in vain until ...".
func Eventually(t testing.TB, condition func() bool, what string) {
	t.Helper()
	if !holdsWithin(eventuallyWithin, condition) {
		t.Fatalf("waited in vain until %s", what)
	}
}

func holdsWithin(d time.Duration, condition func() bool) bool {
	for deadline := time.Now().Add(d); ; time.Sleep(eventuallyEvery) {
		if condition() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}
