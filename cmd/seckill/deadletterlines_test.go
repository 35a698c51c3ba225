package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestAuditHasALineAboutDeadLetters(t *testing.T) {
	known := func(messages, orders, unreadable int, atLeast bool) *seckill.DeadLetterCount {
		return &seckill.DeadLetterCount{Known: true, Messages: messages, Orders: orders, Unreadable: unreadable, AtLeast: atLeast}
	}
	for name, c := range map[string]struct {
		counts []*seckill.DeadLetterCount // of sales 1, 2, ...
		want   []string
	}{
		"no sale": {nil, nil},
		"none":    {[]*seckill.DeadLetterCount{known(0, 0, 0, false), known(0, 0, 0, false)}, []string{"dead letters: none"}},
		"some": {[]*seckill.DeadLetterCount{known(2, 1, 1, false), known(0, 0, 1, false), known(1, 3, 1, true)}, []string{
			"dead letters: 2 messages of 1 order of sale 1",
			"dead letters: at least 1 message of 3 orders of sale 3",
			"dead letters: 1 message that cannot be read, of whatever sale",
			"              look at them with: seckill dead-letters list"}},
		"more than were looked at": {[]*seckill.DeadLetterCount{known(0, 0, 0, true)}, []string{
			"dead letters: more than can be looked at; none of those looked at is of sale 1",
			"              look at them with: seckill dead-letters list"}},
		"no broker":  {[]*seckill.DeadLetterCount{{Reason: "this process has none"}}, []string{"dead letters: cannot tell: this process has none"}},
		"old server": {[]*seckill.DeadLetterCount{nil}, []string{"dead letters: cannot tell: the server does not tell"}},
	} {
		t.Run(name, func(t *testing.T) {
			var l deadLetterLines
			for i, n := range c.counts {
				l.add(seckill.Audit{SaleID: seckill.ID(i + 1), DeadLetters: n})
			}
			var out strings.Builder
			l.print(&out)
			var want string
			for _, line := range c.want {
				want += line + "\n"
			}
			require.Equal(t, want, out.String())
		})
	}
}
