package chaos

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// sampler looks at SQL again and again while all is going on, since some
// promises hold at every moment and not only in the end.
type sampler struct {
	run  *Run
	done chan struct{}
	once sync.Once
	wg   sync.WaitGroup

	mu    sync.Mutex
	looks int
	found []Violation
}

// sampleEvery is the pause between two looks.
const sampleEvery = 150 * time.Millisecond

func (run *Run) sample() *sampler {
	s := &sampler{run: run, done: make(chan struct{})}
	s.wg.Go(s.loop)
	for _, of := range run.sales {
		if of.Entries > 0 {
			s.wg.Go(func() { s.watchDraw(of) })
		}
	}
	return s
}

func (s *sampler) loop() {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		began := time.Now()
		// A server that is away tells nothing.
		if state, err := readState(ctx, s.run.db); err == nil {
			found := append(atEveryMoment(state, s.run.limits()), stockAtEveryMoment(state, s.run.Goods)...)
			for _, d := range state.Draws {
				s.run.history.commitment(d.Commitment)
			}
			for i := range found {
				found[i].Words += s.moment(began, state)
			}
			s.mu.Lock()
			s.looks++
			s.mu.Unlock()
			s.add(found)
		}
		cancel()
		select {
		case <-s.done:
			return
		case <-time.After(sampleEvery):
		}
	}
}

// add keeps what a look found and none before.
func (s *sampler) add(found []Violation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range found {
		if len(s.found) < 20 && !slices.Contains(s.found, v) {
			s.found = append(s.found, v)
		}
	}
}

// moment tells when a look was, and whether anything moved meanwhile: then it may not have
// been of one moment.
func (s *sampler) moment(began time.Time, state State) string {
	var newest time.Time
	for _, o := range state.Orders {
		if o.Updated.After(newest) {
			newest = o.Updated
		}
	}
	since := s.run.began
	return fmt.Sprintf(" (seen at %.3fs in a look of %s; the newest change of an order was at %.3fs)",
		began.Sub(since).Seconds(), time.Since(began).Round(time.Millisecond), newest.Sub(since).Seconds())
}

// stop ends the looking and tells what was found, and in how many looks.
func (s *sampler) stop() (found []Violation, looks int) {
	s.once.Do(func() { close(s.done) })
	s.wg.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.found, s.looks
}
