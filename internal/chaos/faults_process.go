package chaos

import (
	"context"
	"os"
	"syscall"
	"time"
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
