package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// count is how much of something there was in how long.
type count struct {
	n    float64
	took time.Duration
}

func (c count) rate() float64 { return c.n / c.took.Seconds() }

// less takes away what happens anyway in the same time.
func (c count) less(idle count) float64 { return max(0, c.n-idle.rate()*c.took.Seconds()) }

// commandsWhile counts the commands that clients send to Redis while something is
// done. It listens with MONITOR, since the counters of INFO count what scripts do
// as well; what this program itself asks does not count.
func (l *Lab) commandsWhile(ctx context.Context, do func() error) (count, error) {
	m, err := l.monitor(ctx)
	if err != nil {
		return count{}, err
	}
	began := time.Now()
	err = do()
	took := time.Since(began)
	counts, stopErr := m.stop()
	if err := errors.Join(err, stopErr); err != nil {
		return count{}, err
	}
	var n int64
	var each []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		n += counts[name]
		each = append(each, fmt.Sprintf("%s %d", name, counts[name]))
	}
	l.t.Logf("Redis commands in %.1f s: %s", took.Seconds(), strings.Join(each, ", "))
	return count{float64(n), took}, nil
}

// monitor counts commands by name.
type monitor struct {
	lab    *Lab
	conn   net.Conn
	own    []byte // the address of the lab's own connection
	mark   string // a command that ends the counting
	counts map[string]int64
	ended  sync.WaitGroup
	err    error
}

func (l *Lab) monitor(ctx context.Context) (*monitor, error) {
	addr, password := l.services.Redis()
	self, err := l.redis.Do(ctx, "CLIENT", "INFO").Text()
	if err != nil {
		return nil, err
	}
	_, own, _ := strings.Cut(self, " addr=")
	own, _, _ = strings.Cut(own, " ")
	l.runs++
	m := &monitor{lab: l, own: []byte(" " + own + "]"), mark: fmt.Sprintf("end-of-count-%d", l.runs), counts: map[string]int64{}}
	if m.conn, err = net.Dial("tcp", addr); err != nil {
		return nil, err
	}
	r := bufio.NewReaderSize(m.conn, 256<<10)
	for _, command := range []string{"AUTH " + password, "MONITOR"} {
		if _, err = io.WriteString(m.conn, command+"\r\n"); err == nil {
			var line string
			if line, err = r.ReadString('\n'); err == nil && !strings.HasPrefix(line, "+OK") {
				err = fmt.Errorf("redis answers %q", line)
			}
		}
		if err != nil {
			m.conn.Close()
			return nil, err
		}
	}
	m.ended.Go(func() { m.err = m.read(r) })
	return m, nil
}

// stop waits until everything up to now is counted.
func (m *monitor) stop() (map[string]int64, error) {
	err := m.lab.redis.Echo(context.Background(), m.mark).Err()
	if err != nil {
		m.conn.Close()
	}
	m.ended.Wait()
	m.conn.Close()
	return m.counts, errors.Join(err, m.err)
}

// read counts lines such as
//
//	+1700000000.123456 [0 127.0.0.1:50000] "evalsha" "..."
//
// of which only the beginning matters; those of scripts say lua instead of an
// address.
func (m *monitor) read(r *bufio.Reader) error {
	for fresh := true; ; {
		line, err := r.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if fresh && bytes.Contains(line, m.own) && bytes.Contains(line, []byte(m.mark)) {
			return nil
		}
		if fresh {
			m.count(line)
		}
		fresh = err == nil
	}
}

func (m *monitor) count(line []byte) {
	who, command, ok := bytes.Cut(line, []byte("] "))
	if !ok || bytes.HasSuffix(who, []byte(" lua")) || bytes.HasSuffix(append(who, ']'), m.own) {
		return
	}
	name, _, _ := bytes.Cut(command, []byte(" "))
	m.counts[strings.ToLower(strings.Trim(string(name), "\"\r\n"))]++
}

// ownConnection is for a client whose commands a monitor has to tell from others.
func ownConnection(o *redis.Options) *redis.Options {
	o.PoolSize, o.MaxRetries, o.ConnMaxIdleTime = 1, -1, -1
	return o
}

// growthWhile tells by how much a counter that only grows did so meanwhile.
func growthWhile(ctx context.Context, read func(context.Context) (float64, error), do func() error) (count, error) {
	before, err := read(ctx)
	if err != nil {
		return count{}, err
	}
	began := time.Now()
	if err := do(); err != nil {
		return count{}, err
	}
	took := time.Since(began)
	after, err := read(ctx)
	return count{after - before, took}, err
}

// statementsWhile counts the statements that clients send to SQL meanwhile.
func (l *Lab) statementsWhile(ctx context.Context, do func() error) (count, error) {
	asked := 0.0
	return growthWhile(ctx, func(ctx context.Context) (float64, error) {
		n, err := l.questions(ctx)
		asked++ // the question itself is one
		return float64(n) - asked, err
	}, do)
}

func (l *Lab) questions(ctx context.Context) (n int64, err error) {
	var name string
	err = l.admin.QueryRowContext(ctx, "SHOW GLOBAL STATUS LIKE 'Questions'").Scan(&name, &n)
	return n, err
}
