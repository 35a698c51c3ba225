package testkit

import (
	"net"
	"sync"
	"testing"
	"time"
)

// Proxy is a TCP connection between a test and a server that the test can
// break. Point the client at Addr.
type Proxy struct {
	Addr string

	target   string
	listener net.Listener
	running  sync.WaitGroup

	mu      sync.Mutex
	changed *sync.Cond
	weather weather
	latency time.Duration // while slow
	conns   map[net.Conn]struct{}
	closed  bool
}

// weather is what happens to bytes on their way.
type weather int

const (
	open        weather = iota
	paused              // nothing arrives, nothing is lost
	answersLost         // what the client sends arrives, what it is answered does not
	cut                 // connections are closed, and new ones at once
	slow                // every piece arrives late
)

// NewProxy starts a proxy to target ("host:port"); it ends with the test.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Addr: l.Addr().String(), target: target, listener: l, conns: map[net.Conn]struct{}{}}
	p.changed = sync.NewCond(&p.mu)
	p.running.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

// Cut closes every connection, and each new one at once, until Restore.
func (p *Proxy) Cut() { p.set(cut) }

// Pause holds all bytes back until Restore: a network that hangs.
func (p *Proxy) Pause() { p.set(paused) }

// LoseAnswers lets requests through and drops what the server answers, until
// Restore: afterwards a client cannot know whether its call took effect. A
// connection that lost bytes this way is closed by Restore.
func (p *Proxy) LoseAnswers() { p.set(answersLost) }

// Slow holds each piece of bytes back for the given time, in both directions,
// until Restore.
func (p *Proxy) Slow(latency time.Duration) {
	p.mu.Lock()
	p.latency = latency
	p.mu.Unlock()
	p.set(slow)
}

// Restore lets everything through again.
func (p *Proxy) Restore() { p.set(open) }

func (p *Proxy) set(w weather) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w == cut || p.weather == answersLost {
		p.closeConns()
	}
	p.weather = w
	p.changed.Broadcast()
}

func (p *Proxy) close() {
	p.mu.Lock()
	p.closed, p.weather = true, cut
	p.closeConns()
	p.changed.Broadcast()
	p.mu.Unlock()
	p.listener.Close()
	p.running.Wait()
}

// closeConns needs the lock.
func (p *Proxy) closeConns() {
	for c := range p.conns {
		c.Close()
	}
	clear(p.conns)
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.serve(client) })
	}
}

func (p *Proxy) serve(client net.Conn) {
	defer client.Close()
	if !p.track(client) {
		return
	}
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		p.forget(client)
		return
	}
	defer server.Close()
	if !p.track(server) {
		return
	}
	var answers sync.WaitGroup
	answers.Go(func() { p.pass(client, server, true) })
	p.pass(server, client, false)
	answers.Wait()
	p.forget(client, server)
}

// pass copies bytes until either side ends, and then ends both.
func (p *Proxy) pass(to, from net.Conn, answer bool) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			p.delay()
			arrives, alive := p.admit(answer)
			if !alive {
				return
			}
			if arrives {
				if _, err := to.Write(buf[:n]); err != nil {
					return
				}
			}
		}
		if err != nil {
			return
		}
	}
}

// delay holds a piece back while the network is slow.
func (p *Proxy) delay() {
	p.mu.Lock()
	late := p.latency
	if p.weather != slow {
		late = 0
	}
	p.mu.Unlock()
	if late > 0 {
		time.Sleep(late)
	}
}

// admit waits while the network hangs and tells whether bytes may arrive.
func (p *Proxy) admit(answer bool) (arrives, alive bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.weather == paused {
		p.changed.Wait()
	}
	return !(answer && p.weather == answersLost), p.weather != cut
}

// track notes a connection, or tells that it must be closed.
func (p *Proxy) track(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.weather == cut || p.closed {
		return false
	}
	p.conns[c] = struct{}{}
	return true
}

func (p *Proxy) forget(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		delete(p.conns, c)
	}
}
