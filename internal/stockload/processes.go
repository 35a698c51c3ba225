package stockload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Processes are those of the callers.
type Processes struct{ all []*process }

type process struct {
	cmd   *exec.Cmd
	stdin io.Closer
	tell  *json.Encoder
	hear  *json.Decoder
}

// Start starts so many processes, each by a command that calls Serve on its standard input
// and output.
func Start(count int, command func() *exec.Cmd) (*Processes, error) {
	p := &Processes{}
	for range count {
		one, err := start(command())
		if err != nil {
			return nil, errors.Join(fmt.Errorf("start a process of callers: %w", err), p.Close())
		}
		p.all = append(p.all, one)
	}
	return p, nil
}

func start(cmd *exec.Cmd) (*process, error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &process{cmd, in, json.NewEncoder(in), json.NewDecoder(out)}, nil
}

// Close ends the processes, which have nothing to do any more.
func (p *Processes) Close() error {
	var all error
	for _, one := range p.all {
		all = errors.Join(all, one.stdin.Close(), one.cmd.Wait())
	}
	p.all = nil
	return all
}

// run has all processes do a plan together, each with its part of the callers.
func (p *Processes) run(ctx context.Context, whole plan) (record, error) {
	stop := context.AfterFunc(ctx, func() {
		for _, one := range p.all {
			_ = one.cmd.Process.Kill()
		}
	})
	defer stop()
	parts := p.share(whole)
	for i, part := range parts {
		if err := p.all[i].tell.Encode(part); err != nil {
			return record{}, gone(ctx, err)
		}
	}
	for i := range parts {
		if _, err := p.all[i].answer(ctx); err != nil {
			return record{}, err
		}
	}
	for i := range parts {
		if err := p.all[i].tell.Encode(true); err != nil {
			return record{}, gone(ctx, err)
		}
	}
	sum, latency := record{Failed: map[string]int64{}}, newHistogram()
	for i := range parts {
		a, err := p.all[i].answer(ctx)
		if err != nil {
			return record{}, err
		}
		sum.add(*a.Record)
		latency.Merge(hdrhistogram.Import(a.Record.Latency))
	}
	sum.Latency = latency.Export()
	return sum, nil
}

// share gives each process its part, those that have any callers.
func (p *Processes) share(whole plan) (parts []plan) {
	processes := len(p.all)
	for i := range processes {
		part := whole
		part.Callers = (whole.Callers + processes - 1 - i) / processes
		part.Orders = fmt.Sprintf("%s-%d", whole.Orders, i)
		if part.Callers > 0 {
			parts = append(parts, part)
		}
	}
	return parts
}

func (o *process) answer(ctx context.Context) (reply, error) {
	var a reply
	if err := o.hear.Decode(&a); err != nil {
		return a, gone(ctx, err)
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}

func gone(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("a process of callers has ended: %w", err)
}

func (r *record) add(other record) {
	r.Units, r.Sales, r.Retries = r.Units+other.Units, r.Sales+other.Sales, r.Retries+other.Retries
	r.Connections += other.Connections
	for code, n := range other.Failed {
		r.Failed[code] += n
	}
}
