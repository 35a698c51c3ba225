package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// eventStream is an open one, as a client has it.
type eventStream struct {
	conn  net.Conn
	lines *bufio.Reader
}

// openStreams opens as many, of the path and the buyer that each has, and reads the
// first event of each. The caller closes them.
func (p *process) openStreams(ctx context.Context, n int, of func(i int) (path, token string)) (eventStreams, error) {
	u, err := url.Parse(p.url)
	if err != nil {
		return nil, err
	}
	all := make(eventStreams, n)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(64)
	for i := range all {
		g.Go(func() (err error) {
			path, token := of(i)
			all[i], err = openStream(ctx, u.Host, path, token)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		all.close()
		return nil, err
	}
	return all, nil
}

type eventStreams []*eventStream

func (all eventStreams) close() {
	for _, s := range all {
		if s != nil {
			s.conn.Close()
		}
	}
}

func openStream(ctx context.Context, host, path, token string) (*eventStream, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	s := &eventStream{conn: c, lines: bufio.NewReaderSize(c, 1024)}
	if err := s.ask(host, path, token); err != nil {
		return s, fmt.Errorf("event stream %s: %w", path, err)
	}
	return s, nil
}

func (s *eventStream) ask(host, path, token string) error {
	_ = s.conn.SetDeadline(time.Now().Add(time.Minute))
	_, err := fmt.Fprintf(s.conn, "GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", path, host, token)
	if err != nil {
		return err
	}
	status, err := s.lines.ReadString('\n')
	if err != nil || !strings.Contains(status, strconv.Itoa(http.StatusOK)) {
		return errors.Join(err, errors.New(status))
	}
	return s.until("")
}

// until reads to the first event whose data contain a text.
func (s *eventStream) until(text string) error {
	for {
		line, err := s.lines.ReadSlice('\n')
		if err != nil {
			return err
		}
		if event := string(line); strings.HasPrefix(event, "data:") && strings.Contains(event, text) {
			return nil
		}
	}
}
