package fault

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Plan says what is to happen at which points. It counts passes, so arm it once.
type Plan struct {
	text  string
	rules map[Name]*rule
}

type action string

const (
	kill  action = "kill"
	pause action = "pause"
	fail  action = "error"
)

// rule is what one point does.
type rule struct {
	action      action
	pause       time.Duration
	first, last int64 // the passes at which it acts, counted from 1
	passed      atomic.Int64
}

// longestPause keeps a slip of the pen from looking like a process that hangs.
const longestPause = time.Hour

// Parse reads a plan. The error is one line that names what is wrong.
func Parse(text string) (Plan, error) {
	p := Plan{text: strings.TrimSpace(text), rules: make(map[Name]*rule)}
	if p.Empty() {
		return p, nil
	}
	for part := range strings.SplitSeq(p.text, ";") {
		name, does, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			return Plan{}, fmt.Errorf("%q is not of the form point=action", part)
		}
		if !slices.Contains(names, Name(name)) {
			return Plan{}, fmt.Errorf("there is no point %q", name)
		}
		if p.rules[Name(name)] != nil {
			return Plan{}, fmt.Errorf("%s is there twice", name)
		}
		r, err := parseRule(does)
		if err != nil {
			return Plan{}, fmt.Errorf("%s: %w", name, err)
		}
		p.rules[Name(name)] = r
	}
	return p, nil
}

// Empty tells whether nothing is armed.
func (p Plan) Empty() bool { return p.text == "" }

// String is the text that was parsed.
func (p Plan) String() string { return p.text }

func parseRule(text string) (*rule, error) {
	does, passes, limited := strings.Cut(text, "@")
	word, argument, given := strings.Cut(does, ":")
	r := &rule{action: action(word), first: 1, last: math.MaxInt64}
	switch {
	case r.action == pause:
		d, err := time.ParseDuration(argument)
		if err != nil || d < 0 || d > longestPause {
			return nil, fmt.Errorf("%q needs a duration up to %v, as in pause:2s", does, longestPause)
		}
		r.pause = d
	case r.action != kill && r.action != fail, given:
		return nil, fmt.Errorf("%q is none of kill, pause:<duration>, error", does)
	}
	if !limited {
		return r, nil
	}
	first, last, isRange := strings.Cut(passes, "-")
	if !isRange {
		last = first
	}
	var err, also error
	r.first, err = strconv.ParseInt(first, 10, 64)
	r.last, also = strconv.ParseInt(last, 10, 64)
	if err != nil || also != nil || r.first < 1 || r.last < r.first {
		return nil, fmt.Errorf("%q is neither a pass such as @3 nor passes such as @3-5", "@"+passes)
	}
	return r, nil
}
