package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// mostGCPercent lets the heap grow to four times of what is in use before it is
	// collected. Go's own 100 costs a web process in the rush a seventh of its time.
	mostGCPercent = 300
	// spareMemory, in bytes, bounds what that may cost. A process that holds much, such
	// as ten thousand event streams, saves instead, down to leastGCPercent.
	spareMemory    = 64 << 20
	leastGCPercent = 60
)

// tuneMemory sets the percentage now and after each collection, unless the operator
// has set GOGC himself.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(mostGCPercent)
		afterCollection(&collected{percent: mostGCPercent})
	}
}

// collected becomes garbage at once, so that each collection finds it.
type collected struct {
	percent int // as it is set
}

func afterCollection(c *collected) {
	if p := gcPercent(inUse()); p != c.percent {
		debug.SetGCPercent(p)
		c.percent = p
	}
	runtime.SetFinalizer(c, afterCollection)
}

// inUse is what the last collection left, stacks included: the percentage counts
// for both.
func inUse() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() + sample[1].Value.Uint64()
}

func gcPercent(inUse uint64) int {
	if inUse == 0 {
		return mostGCPercent
	}
	return int(min(max(spareMemory*100/inUse, leastGCPercent), mostGCPercent))
}
