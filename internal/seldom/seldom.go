// Package seldom limits how often a kind of log line is written: at once when it first
// happens, then once in a while, with the number of lines that were left out.
package seldom

import (
	"cmp"
	"sync"
	"time"
)

// Every is the least time between two lines of a kind.
const Every = 10 * time.Second

// Line is a kind of line: the first is written at once, then one in a while, which
// tells how many were left out before it. Its zero value is ready.
type Line struct {
	// Pause is the least time between two; 0 is Every.
	Pause time.Duration

	mu      sync.Mutex
	next    time.Time
	leftOut int
}

// Due tells whether a line is to be written now.
func (l *Line) Due(now time.Time) (leftOut int, due bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Before(l.next) {
		l.leftOut++
		return 0, false
	}
	leftOut, l.leftOut, l.next = l.leftOut, 0, now.Add(cmp.Or(l.Pause, Every))
	return leftOut, true
}
