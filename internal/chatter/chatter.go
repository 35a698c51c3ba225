// Package chatter sends the log lines of client libraries, which would go to standard
// error, to the service's log. A library writes one for each connection that fails,
// hundreds while a server is away. So one line of a kind is written in ten seconds, with
// the number of those that were left out before it.
package chatter

import (
	"context"
	"fmt"
	stdlog "log"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/redis/go-redis/v9"

	"github.com/seckill-go/seckill/internal/seldom"
)

const (
	// maxKinds bounds what is kept; those beyond count as one kind.
	maxKinds = 100
	// maxText bounds a line.
	maxText = 500
)

// Into sends what the libraries say to a log. It is for the whole process, and to be
// called before the first connection. RabbitMQ's library says nothing unless asked.
func Into(log *slog.Logger) {
	q := newQuiet(log, time.Now)
	redis.SetLogger(redisLog{q})
	_ = mysql.SetLogger(mysqlLog{q}) // fails without a logger only
	stdlog.SetFlags(0)
	stdlog.SetOutput(goLog{q})
}

// quiet lets one line of a kind through in a while.
type quiet struct {
	log *slog.Logger
	now func() time.Time

	mu    sync.Mutex
	kinds map[string]*seldom.Line
}

func newQuiet(log *slog.Logger, now func() time.Time) *quiet {
	return &quiet{log: log, now: now, kinds: map[string]*seldom.Line{}}
}

func (q *quiet) say(library, name, text string) {
	leftOut, due := q.kind(library + " " + name).Due(q.now())
	if !due {
		return
	}
	if len(text) > maxText {
		text = text[:maxText]
	}
	q.log.Warn("a client library says", "library", library, "said", text, "left_out_before", leftOut)
}

func (q *quiet) kind(name string) *seldom.Line {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.kinds[name] == nil && len(q.kinds) >= maxKinds {
		name = "others"
	}
	if q.kinds[name] == nil {
		q.kinds[name] = &seldom.Line{}
	}
	return q.kinds[name]
}

// redisLog is what go-redis takes. A kind is what it says of whatever server.
type redisLog struct{ *quiet }

func (l redisLog) Printf(_ context.Context, format string, args ...any) {
	l.say("redis", format, fmt.Sprintf(format, args...))
}

// goLog is what the standard library takes: its HTTP client tells there of servers
// that say more than they were asked. A kind is how a line begins, since the rest may
// be the server's own words.
type goLog struct{ *quiet }

func (l goLog) Write(line []byte) (int, error) {
	text := strings.TrimSpace(string(line))
	l.say("go", text[:min(len(text), 20)], text)
	return len(line), nil
}

// mysqlLog is what go-sql-driver takes: a word and an error, or an error alone.
type mysqlLog struct{ *quiet }

func (l mysqlLog) Print(args ...any) {
	name := "nothing"
	if len(args) > 0 {
		name = fmt.Sprintf("%T", args[0])
		if word, ok := args[0].(string); ok {
			name = word
		}
	}
	l.say("mysql", name, fmt.Sprint(args...))
}
