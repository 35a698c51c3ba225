package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// process is a running seckill, or a reference.
type process struct {
	cmd  *exec.Cmd
	url  string // of the public port; empty in a worker
	ops  string
	done chan struct{}

	mu   sync.Mutex
	last []string // lines of the log
}

const (
	startsWithin = time.Minute
	keptLines    = 20
)

// launch runs a command and waits until it says, in a line of JSON on standard
// error, where it listens.
func launch(cmd *exec.Cmd) (*process, error) {
	testkit.EndWithParent(cmd)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	ready := make(chan struct{})
	go p.read(stderr, ready)
	select {
	case <-ready:
		return p, nil
	case <-p.done:
		return nil, fmt.Errorf("%s ended at its start:\n%s", cmd, p.log())
	case <-time.After(startsWithin):
		p.kill()
		return nil, fmt.Errorf("%s does not listen:\n%s", cmd, p.log())
	}
}

// ready waits until the process says that it is.
func (p *process) ready(ctx context.Context) error {
	err := within(ctx, startsWithin, func() (bool, error) {
		res, err := http.Get(p.ops + "/readyz")
		if err != nil {
			return false, nil
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK, nil
	})
	if err != nil {
		return fmt.Errorf("%s is not ready: %w\n%s", p.cmd, err, p.log())
	}
	return nil
}

func (p *process) read(stderr io.Reader, ready chan struct{}) {
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		p.mu.Lock()
		p.last = append(p.last, lines.Text())
		p.last = p.last[max(0, len(p.last)-keptLines):]
		p.mu.Unlock()
		var line struct{ Msg, Public, Ops string }
		if ready != nil && json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
			p.url, p.ops = line.Public, line.Ops
			close(ready)
			ready = nil
		}
	}
	_, _ = io.Copy(io.Discard, stderr)
	_ = p.cmd.Wait()
	close(p.done)
}

func (p *process) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.last, "\n")
}

// kill ends the process at once and waits for it; twice does no harm.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// processorTime is what the process has used of the processors.
func (p *process) processorTime() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	// Behind the name, which can have spaces in it: the state is the third field of
	// all, utime and stime are the 14th and 15th, in hundredths of a second.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}
