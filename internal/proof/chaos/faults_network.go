package chaos

import (
	"context"
	"time"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

func cutLink(ctx context.Context, run *Run, f Fault) error {
	return run.weather(ctx, f, (*testkit.Proxy).Cut)
}

func pauseLink(ctx context.Context, run *Run, f Fault) error {
	return run.weather(ctx, f, (*testkit.Proxy).Pause)
}

func loseAnswers(ctx context.Context, run *Run, f Fault) error {
	return run.weather(ctx, f, (*testkit.Proxy).LoseAnswers)
}

func slowLink(ctx context.Context, run *Run, f Fault) error {
	latency := time.Duration(5+f.Draw%150) * time.Millisecond
	return run.weather(ctx, f, func(p *testkit.Proxy) { p.Slow(latency) })
}

// weather breaks the links of a fault for its time.
func (run *Run) weather(ctx context.Context, f Fault, breakLink func(*testkit.Proxy)) error {
	defer run.hold("link " + f.Service)()
	for i, link := range run.in.links[f.Service] {
		if f.Slot == allSlots || f.Slot == i {
			breakLink(link)
			defer link.Restore()
		}
	}
	pause(ctx, f.For)
	return nil
}
