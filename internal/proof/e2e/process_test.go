package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// process is one running seckill.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	done chan struct{}

	mu     sync.Mutex
	log    strings.Builder
	url    string // of the public port, once it listens
	opsURL string
	rpcURL string
	ready  chan struct{} // closed when both are known
}

// startsWithin is far longer than a start takes on a slow machine.
const startsWithin = 90 * time.Second

// start runs the binary and waits until it says where it listens.
func start(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	path, err := binary(t)
	require.NoError(t, err)
	return startCommand(t, exec.Command(path, args...), env)
}

// startCommand does so with a command that becomes the binary.
func startCommand(t *testing.T, cmd *exec.Cmd, env []string) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, done: make(chan struct{}), ready: make(chan struct{})}
	p.cmd.Dir = t.TempDir()
	p.cmd.Env = append(testkit.CleanEnvironment(), env...)
	p.cmd.Env = append(p.cmd.Env, "SECKILL_LOG_FORMAT=json", "SECKILL_HTTP_ADDR=127.0.0.1:0", "SECKILL_OPS_ADDR=127.0.0.1:0", "SECKILL_RPC_ADDR=127.0.0.1:0")
	stderr, err := p.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	go p.read(stderr)
	t.Cleanup(p.end)
	select {
	case <-p.ready:
	case <-p.done:
		t.Fatalf("%s ended at its start:\n%s", strings.Join(cmd.Args, " "), p.logged())
	case <-time.After(startsWithin):
		t.Fatalf("%s does not listen:\n%s", strings.Join(cmd.Args, " "), p.logged())
	}
	return p
}

// read keeps the log and looks for the line that says where it listens.
func (p *process) read(stderr io.Reader) {
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct{ Msg, Public, Ops, RPC string }
		p.mu.Lock()
		p.log.WriteString(lines.Text() + "\n")
		if p.url == "" && json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
			p.url, p.opsURL, p.rpcURL = line.Public, line.Ops, line.RPC
			close(p.ready)
		}
		p.mu.Unlock()
	}
	_, _ = io.Copy(io.Discard, stderr)
	_ = p.cmd.Wait()
	close(p.done)
}

func (p *process) logged() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// kill ends the process as a crash would.
func (p *process) kill() {
	p.t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	<-p.done
}

// stop ends the process as an operator would and returns its exit code.
func (p *process) stop() int {
	p.t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(startsWithin):
		p.t.Fatalf("does not stop:\n%s", p.logged())
	}
	return p.cmd.ProcessState.ExitCode()
}

// end is the clean-up: whatever still runs is killed, and a failed test shows
// what the process said. A data race fails the test.
func (p *process) end() {
	select {
	case <-p.done:
	default:
		p.kill()
	}
	log := p.logged()
	if strings.Contains(log, "DATA RACE") {
		p.t.Errorf("a data race:\n%s", log)
	} else if p.t.Failed() {
		p.t.Logf("%s said:\n%s", strings.Join(p.cmd.Args[1:], " "), tail(log, 200))
	}
}

func tail(s string, lines int) string {
	all := strings.Split(s, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
