package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/seckill-go/seckill/internal/fault"
)

func killProcess(ctx context.Context, run *Run, f Fault) error {
	s := run.slots[f.Slot]
	s.busy.Lock()
	defer s.busy.Unlock()
	s.kill()
	pause(ctx, f.For/2)
	return s.start()
}

func stopProcess(_ context.Context, run *Run, f Fault) error {
	s := run.slots[f.Slot]
	s.busy.Lock()
	defer s.busy.Unlock()
	// Longer than http.drain_timeout: a process that does not keep to it is a
	// defect, which the error shows.
	if err := s.stop(25 * time.Second); err != nil {
		return err
	}
	return s.start()
}

func freezeProcess(ctx context.Context, run *Run, f Fault) error {
	s := run.slots[f.Slot]
	s.busy.Lock()
	defer s.busy.Unlock()
	return freeze(ctx, s.current().cmd.Process, f.For)
}

// freeze stops a process in the middle of whatever it does, for a while.
func freeze(ctx context.Context, p *os.Process, d time.Duration) error {
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	pause(ctx, d)
	return p.Signal(syscall.SIGCONT)
}

// webPoints begin the names of the fault points that only a web process passes;
// ledgerPoints are passed by both; all others by workers alone.
var (
	webPoints    = []string{"admit.", "buy.", "callback.", "cancel.", "preload.", "state.", "stock."}
	ledgerPoints = []string{"ledger."}
)

// drawPoint draws a point of the process's role, and what happens there.
func drawPoint(r *rand.Rand, p *Plan, f *Fault) {
	var points []string
	for _, name := range fault.Names() {
		web, both := hasPrefix(string(name), webPoints), hasPrefix(string(name), ledgerPoints)
		if both || web == (f.Slot < webs) {
			points = append(points, string(name))
		}
	}
	point := pick(r, points...)
	// A batch is one pass, and there are many more transactions than agents' steps.
	most := 8
	if hasPrefix(point, ledgerPoints) || hasPrefix(point, webPoints) {
		most = 40
	}
	n := 1 + r.IntN(most)
	switch r.IntN(4) {
	case 0:
		f.Key = fmt.Sprintf("%s=pause:%dms@%d-%d", point, 100+r.IntN(1500), n, n+r.IntN(3))
	case 1:
		f.Key = fmt.Sprintf("%s=error@%d-%d", point, n, n+r.IntN(10))
	default:
		f.Key = fmt.Sprintf("%s=kill@%d", point, n)
	}
	// Armed before the rush, and for long enough to get there.
	f.At, f.For = millis(r, 0, int(p.Load.Milliseconds())/2), millis(r, 1500, 4000)
}

func hasPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// armProcess starts a process anew with a fault point armed; after it has died
// there, or has not for a while, another takes its place.
func armProcess(ctx context.Context, run *Run, f Fault) error {
	s := run.slots[f.Slot]
	s.busy.Lock()
	defer s.busy.Unlock()
	s.kill()
	if err := s.start(fault.Env + "=" + f.Key); err != nil {
		// It may have died there before it listened; if not, the next one tells.
		run.history.note(faultWho, "", "%s died early at %s", s.name, f.Key)
		return s.start()
	}
	armed := s.current()
	select {
	case <-armed.done:
		run.history.note(faultWho, "", "%s died at %s", s.name, f.Key)
	case <-time.After(f.For):
		s.kill()
	case <-ctx.Done():
		s.kill()
	}
	return s.start()
}
