package gate

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// topologyLife is how long a cluster client uses its map of slots to servers, if no
	// failure makes it ask for a new one earlier.
	topologyLife = 2 * time.Second
	// doubtEvery is the least pause between two such questions.
	doubtEvery = 100 * time.Millisecond
	// serverWait bounds one server's answer to what every server can tell. One that
	// hangs must not keep the client from asking another.
	serverWait = time.Second
	// serversAsked bounds how many servers are asked, each drawn at random: with one of
	// six dead, less than one question in a million gets no answer.
	serversAsked = 8
)

// newClusterClient makes a client of a cluster. It goes where a server sends it
// (MOVED, ASK), since that server has not run the command, and sends nothing again
// that may have been run. A server that cannot be reached makes it ask the others at
// once who has the slots now: by itself it would go on to that server until what it
// knows is a minute old.
func newClusterClient(o *redis.ClusterOptions) *redis.ClusterClient {
	if o.ClusterStateReloadInterval == 0 {
		o.ClusterStateReloadInterval = topologyLife
	}
	o.DisableRoutingPolicies = true // it would ask a server for the list of all commands
	c := redis.NewClusterClient(o)
	c.AddHook(onceOnly{})
	doubt := &doubter{ask: func() { c.ReloadState(context.Background()) }}
	c.OnNewNode(func(node *redis.Client) { node.AddHook(doubt) })
	return c
}

// onceOnly keeps a cluster client from sending a command again after an error that
// leaves open whether it was run. The client's own retries would report the last error
// alone: "connection refused", where the first try may have been run.
type onceOnly struct{}

// once is a command that is sent once; redirections do not count.
type once struct{ redis.Cmder }

func (once) NoRetry() bool { return true }

// anywhere has the commands that change nothing and that every server can answer:
// another one is asked when one cannot be reached.
var anywhere = map[string]bool{"time": true, "ping": true}

func (onceOnly) DialHook(next redis.DialHook) redis.DialHook { return next }

func (onceOnly) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if !anywhere[cmd.Name()] {
			return next(ctx, once{cmd})
		}
		var err error
		for range serversAsked {
			if err = askOne(ctx, cmd, next); !unreachable(err) || ctx.Err() != nil {
				break
			}
		}
		return err
	}
}

func askOne(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
	ctx, cancel := context.WithTimeout(ctx, serverWait)
	defer cancel()
	return next(ctx, once{cmd})
}

func (onceOnly) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		sent := make([]redis.Cmder, len(cmds))
		for i, cmd := range cmds {
			sent[i] = once{cmd}
		}
		return next(ctx, sent)
	}
}

// doubter watches the connections to each server of a cluster, and asks for the
// topology when one of them fails.
type doubter struct {
	ask  func()
	last atomic.Int64 // when it asked, in Unix nanoseconds
}

func (d *doubter) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := next(ctx, network, addr)
		d.see(err)
		return conn, err
	}
}

func (d *doubter) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if cmd.Name() == "cluster" { // the question itself
			return askOne(ctx, cmd, next)
		}
		err := next(ctx, cmd)
		d.see(err)
		return err
	}
}

func (d *doubter) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := next(ctx, cmds)
		d.see(err)
		return err
	}
}

// unreachable tells that a server has not answered, although somebody waited for it.
func unreachable(err error) bool {
	var answered redis.Error
	return err != nil && !errors.As(err, &answered) && !errors.Is(err, context.Canceled)
}

func (d *doubter) see(err error) {
	if !unreachable(err) {
		return
	}
	now, last := time.Now().UnixNano(), d.last.Load()
	if now-last >= doubtEvery.Nanoseconds() && d.last.CompareAndSwap(last, now) {
		d.ask()
	}
}
