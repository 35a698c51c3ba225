package web

import (
	"net/netip"
	"sync"
)

// streamRoom is the room for all event streams of this process, whatever they tell
// of: each keeps a connection for minutes, and buying needs some too.
type streamRoom struct {
	most, each int // in all, and of one source; 0 is no limit of its own

	mu       sync.Mutex
	open     int
	bySource map[netip.Addr]int
}

func newStreamRoom(most, each int) *streamRoom {
	return &streamRoom{most: most, each: each, bySource: map[netip.Addr]int{}}
}

// enter takes a place. leave must be called once for each one that was taken.
func (r *streamRoom) enter(source netip.Addr) (ok, share bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if share = r.each == 0 || r.bySource[source] < r.each; !share || r.open >= r.most {
		return false, share
	}
	r.open++
	r.bySource[source]++
	return true, true
}

func (r *streamRoom) leave(source netip.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open--
	if r.bySource[source]--; r.bySource[source] == 0 {
		delete(r.bySource, source)
	}
}
