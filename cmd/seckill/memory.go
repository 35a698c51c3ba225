package main

import (
	"os"
	"runtime/debug"
)

// gcPercent lets the heap grow to four times of what is in use before it is
// collected. Go's own 100 costs a web process in the rush a seventh of its time, and
// what is in use is small: some ten megabytes, the rest is garbage of requests.
const gcPercent = 300

// tuneMemory sets it, unless the operator has set GOGC himself.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
