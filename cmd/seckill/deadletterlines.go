package main

import (
	"fmt"
	"io"

	"github.com/seckill-go/seckill/seckill"
)

// deadLetterLines are what an audit says of dead letters. They change no exit
// code: that is about conservation alone.
type deadLetterLines struct {
	audits     int
	lines      []string
	unreadable int
	unknown    string // why it could not be told
}

func (l *deadLetterLines) add(audit seckill.Audit) {
	n := audit.DeadLetters
	if n == nil {
		n = &seckill.DeadLetterCount{Reason: "the server does not tell"}
	}
	l.audits++
	if !n.Known {
		l.unknown = n.Reason
		return
	}
	l.unreadable = max(l.unreadable, n.Unreadable) // the same ones with every sale
	if n.Messages > 0 {
		l.lines = append(l.lines, fmt.Sprintf("%s%s of %s of sale %s", atLeast(n.AtLeast),
			counted(n.Messages, "message"), counted(n.Orders, "order"), audit.SaleID))
	} else if n.AtLeast {
		l.lines = append(l.lines, fmt.Sprintf("more than can be looked at; none of those looked at is of sale %s", audit.SaleID))
	}
}

func (l *deadLetterLines) print(out io.Writer) {
	if l.audits == 0 {
		return
	}
	if l.unreadable > 0 {
		l.lines = append(l.lines, counted(l.unreadable, "message")+" that cannot be read, of whatever sale")
	}
	if l.unknown != "" {
		l.lines = append(l.lines, "cannot tell: "+l.unknown)
	}
	if len(l.lines) == 0 {
		fmt.Fprintln(out, "dead letters: none")
		return
	}
	for _, line := range l.lines {
		fmt.Fprintln(out, "dead letters:", line)
	}
	if l.unknown == "" {
		fmt.Fprintln(out, "              look at them with: seckill dead-letters list")
	}
}

func atLeast(is bool) string {
	if is {
		return "at least "
	}
	return ""
}

func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
