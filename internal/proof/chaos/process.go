package chaos

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// slot is the place of one process of the installation; restarts put one after
// another into it.
type slot struct {
	name string
	args []string
	env  []string
	// bin is the program, dir its working folder.
	bin, dir string

	// busy is held by the fault that has the process in its hands.
	busy sync.Mutex

	mu      sync.Mutex
	process *process
	lines   []logLine
	ends    []time.Time // of all that ran here before
}

type logLine struct {
	at   time.Time
	text string
}

// process is one running seckill.
type process struct {
	cmd   *exec.Cmd
	url   string // of the public port
	ops   string
	rpc   string        // of a web process
	ready chan struct{} // closed when both are known
	done  chan struct{} // closed when it has ended
}

// startsWithin is far longer than a start takes on a slow machine.
const startsWithin = 90 * time.Second

// start runs a process and waits until it listens. more is added to the
// environment.
func (s *slot) start(more ...string) error {
	cmd := exec.Command(s.bin, s.args...)
	cmd.Dir = s.dir
	cmd.Env = append(append(testkit.CleanEnvironment(), s.env...), more...)
	testkit.EndWithParent(cmd)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	p := &process{cmd: cmd, ready: make(chan struct{}), done: make(chan struct{})}
	go s.read(p, stderr)
	select {
	case <-p.ready:
		s.mu.Lock()
		s.process = p
		s.mu.Unlock()
		return nil
	case <-p.done:
		return fmt.Errorf("%s ended at its start: %s", s.name, s.tail(5))
	case <-time.After(startsWithin):
		return errors.Join(fmt.Errorf("%s does not listen", s.name), cmd.Process.Kill())
	}
}

// read keeps what the process says, and finds out where it listens.
func (s *slot) read(p *process, stderr io.Reader) {
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		s.note(lines.Text())
		var line struct{ Msg, Public, Ops, RPC string }
		if p.url == "" && json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
			p.url, p.ops, p.rpc = line.Public, line.Ops, line.RPC
			close(p.ready)
		}
	}
	_, _ = io.Copy(io.Discard, stderr)
	_ = p.cmd.Wait()
	s.mu.Lock()
	s.ends = append(s.ends, time.Now())
	s.mu.Unlock()
	close(p.done)
}

func (s *slot) note(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, logLine{time.Now(), text})
}

// url is where the present process listens, or where the last one did.
func (s *slot) url() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process.url
}

// rpc is where it serves the shop's other systems.
func (s *slot) rpc() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process.rpc
}

func (s *slot) current() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process
}

// kill ends the process as a crash would.
func (s *slot) kill() {
	p := s.current()
	_ = p.cmd.Process.Kill()
	<-p.done
}

// stop ends the process as an operator would.
func (s *slot) stop(within time.Duration) error {
	p := s.current()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
		return nil
	case <-time.After(within):
		s.kill()
		return fmt.Errorf("%s did not stop within %s", s.name, within)
	}
}

// endedSince tells whether a process of this slot ended after the moment, and
// with it what it had in memory.
func (s *slot) endedSince(t time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, end := range s.ends {
		if end.After(t) {
			return true
		}
	}
	return false
}

// all gives every log line.
func (s *slot) all() []logLine {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.lines)
}

// about finds the log lines that have one of the words; nothing has an empty one.
func (s *slot) about(words ...string) []logLine {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []logLine
	for _, l := range s.lines {
		for _, w := range words {
			if w != "" && strings.Contains(l.text, w) {
				found = append(found, l)
				break
			}
		}
	}
	return found
}

func (s *slot) tail(n int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, l := range s.lines[max(0, len(s.lines)-n):] {
		b.WriteString(l.text + "\n")
	}
	return b.String()
}
