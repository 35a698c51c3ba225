package chaos

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Injected is a fault with the time at which it was in effect.
type Injected struct {
	Fault
	From, Until time.Duration
	// Failed says that the harness could not inject or undo it.
	Failed string
}

func (in Injected) String() string {
	return fmt.Sprintf("%s, in effect %.2fs to %.2fs", in.Fault, in.From.Seconds(), in.Until.Seconds())
}

// losses are the times in which servers may have forgotten what they confirmed.
type losses struct {
	mu     sync.Mutex
	redis  []window
	rabbit []window
}

type window struct{ from, until time.Time }

func (l *losses) add(list *[]window, from, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*list = append(*list, window{from, until})
}

// injectAll lets every fault of the plan strike at its time, and returns when
// all that they broke runs again. Faults that need the same process or server
// wait for each other.
func (run *Run) injectAll(ctx context.Context) []Injected {
	done := make([]Injected, len(run.Faults))
	var wg sync.WaitGroup
	for i, f := range run.Faults {
		wg.Go(func() {
			pause(ctx, time.Until(run.began.Add(f.At)))
			done[i] = run.inject(ctx, f)
		})
	}
	wg.Wait()
	return done
}

// failures tells which faults the harness could not inject or undo, and why.
func failures(faults []Injected) (why []string) {
	for _, f := range faults {
		if f.Failed != "" {
			why = append(why, f.Fault.String()+": "+f.Failed)
		}
	}
	return why
}

func (run *Run) inject(ctx context.Context, f Fault) Injected {
	k, _ := kindNamed(f.Kind)
	from := time.Now()
	run.history.note(faultWho, "", "%s begins", f)
	err := k.inject(ctx, run, f)
	until := time.Now()
	run.history.note(faultWho, "", "%s is over", f)
	in := Injected{Fault: f, From: from.Sub(run.began), Until: until.Sub(run.began)}
	if err != nil {
		in.Failed = err.Error()
		run.history.note(faultWho, "", "%s failed: %s", f, in.Failed)
	}
	if k.redisLoss {
		run.losses.add(&run.losses.redis, from, until)
	}
	return in
}
