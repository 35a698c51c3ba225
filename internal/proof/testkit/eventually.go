package testkit

import (
	"testing"
	"time"
)

const (
	// eventuallyWithin is far longer than anything takes, so that only what
	// never happens fails, however slow the machine.
	eventuallyWithin = 60 * time.Second

	// A look at the condition may be a call, an audit or a command, which takes
	// the processor from what is waited for: what has taken long is looked at more
	// rarely.
	eventuallyAtFirst = 10 * time.Millisecond
	eventuallyAtLast  = 200 * time.Millisecond
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
	for began := time.Now(); ; {
		if condition() {
			return true
		}
		waited := time.Since(began)
		if waited > d {
			return false
		}
		time.Sleep(min(max(eventuallyAtFirst, waited/10), eventuallyAtLast))
	}
}
