package chaos

import "context"

// hold keeps other faults away from a server until it is given back.
func (run *Run) hold(server string) (release func()) {
	mu := run.servers[server]
	mu.Lock()
	return mu.Unlock
}

func killServer(ctx context.Context, run *Run, f Fault) error {
	defer run.hold(f.Service)()
	if err := run.in.services.TryKill(f.Service); err != nil {
		return err
	}
	pause(ctx, f.For/2)
	return run.in.services.TryStart(f.Service)
}

func freezeServer(ctx context.Context, run *Run, f Fault) error {
	defer run.hold(f.Service)()
	p, err := run.in.services.Process(f.Service)
	if err != nil {
		return err
	}
	return freeze(ctx, p, f.For)
}
