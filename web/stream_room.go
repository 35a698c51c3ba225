package web

import (
	"net/netip"
	"sync"
)

// StreamRoom is the room for event streams of several kinds, whatever they tell
// of: each keeps a connection for minutes, and buying needs some too.
type StreamRoom struct {
	most, each int // in all, and of one source; 0 is no limit of its own

	mu       sync.Mutex
	open     int
	bySource map[netip.Addr]int
}

// NewStreamRoom makes room for so many, and for so many of one source; 0 is no limit of
// its own.
func NewStreamRoom(most, each int) *StreamRoom {
	return &StreamRoom{most: most, each: each, bySource: map[netip.Addr]int{}}
}

// enter takes a place. leave must be called once for each one that was taken.
func (r *StreamRoom) enter(source netip.Addr) (ok, share bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if share = r.each == 0 || r.bySource[source] < r.each; !share || r.open >= r.most {
		return false, share
	}
	r.open++
	r.bySource[source]++
	return true, true
}

func (r *StreamRoom) leave(source netip.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open--
	if r.bySource[source]--; r.bySource[source] == 0 {
		delete(r.bySource, source)
	}
}
