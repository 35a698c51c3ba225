package salefile

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// value is what stands in a file at one place, before anything is made of it: all
// kinds of files become values, and one set of rules makes sales of values.
type value struct {
	kind   kind
	text   string // of a scalar, as it is written
	line   int
	list   []value
	fields []field // of an object, each name once
}

type field struct {
	name  string
	value value
	line  int // where its name stands
}

type kind int

const (
	null    kind = iota
	bare         // a word without quotes, which its field makes a number or a text
	quoted       // text, whatever it looks like
	literal      // a number or true or false, never text
	list
	object
)

// called is what a value is called in a complaint.
func (v value) called() string {
	switch v.kind {
	case null:
		return "null"
	case list:
		return "a list"
	case object:
		return "an object"
	case quoted:
		return "the text " + short(v.text)
	default:
		return short(v.text)
	}
}

// get finds a field of an object.
func (v value) get(name string) (value, bool) {
	for _, f := range v.fields {
		if f.name == name {
			return f.value, true
		}
	}
	return value{}, false
}

// short makes a text that somebody wrote fit for a complaint.
func short(s string) string {
	const most = 40
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return strconv.Quote(s)
}

// whole reads a whole number in plain digits. A number too large for 64 bits comes
// out as the largest, which no field takes.
func (v value) whole(hint string) (n int64, wrong string) {
	if v.kind != bare && v.kind != literal {
		return 0, fmt.Sprintf("must be a whole number, not %s", v.called())
	}
	digits := v.text
	if len(digits) > 1 && digits[0] == '-' && digits[1] != '0' {
		digits = digits[1:]
	}
	for i := range len(digits) {
		if !isDigit(digits[i]) || i == 0 && digits[0] == '0' && len(digits) > 1 {
			return 0, v.notWhole(hint)
		}
	}
	if digits == "" {
		return 0, v.notWhole(hint)
	}
	n, _ = strconv.ParseInt(v.text, 10, 64)
	return n, ""
}

// notWhole says why a word is no whole number; each reason is one that spreadsheet
// programs and languages give rise to.
func (v value) notWhole(hint string) string {
	because := ""
	for _, r := range v.text {
		switch {
		case r >= '０' && r <= '９':
			because = ": it has full-width digits"
		case because == "" && (r == ',' || r == '，' || r == '\u00a0' || r == '\u202f' || r == '\''):
			because = ": it has a mark between its digits"
		case because == "" && (r == 'e' || r == 'E') && isDigit(v.text[0]):
			because = ": it is shortened by an exponent, as spreadsheet programs do"
		}
	}
	return fmt.Sprintf("%s is not a whole number%s; write %s", short(v.text), because, hint)
}

const aTime = "a time with its zone, such as 2026-11-11T12:00:00Z or 2026-11-11T20:00:00+08:00"

// rfc3339 is the form of a time; time.Parse takes others too.
var rfc3339 = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$`)

// moment reads a time as RFC 3339 has it, to the millisecond.
func (v value) moment() (t time.Time, wrong string) {
	if v.kind != bare && v.kind != quoted {
		return t, fmt.Sprintf("must be %s, not %s", aTime, v.called())
	}
	if rfc3339.MatchString(v.text) {
		if t, err := time.Parse(time.RFC3339, v.text); err == nil {
			return t.UTC().Truncate(time.Millisecond), ""
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if at, err := time.Parse(layout, v.text); err == nil {
			return time.Time{}, fmt.Sprintf("%s has no zone; write %s, or another zone than Z", short(v.text), at.Format(time.RFC3339))
		}
	}
	for _, layout := range []string{"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04Z07:00", "2006-01-02T15:04Z07:00",
		"2006-01-02T15:04:05-0700", "2006-01-02 15:04:05-0700", "2006-01-02 15:04:05 -0700", "2006-01-02T15:04:05Z07"} {
		if at, err := time.Parse(layout, v.text); err == nil {
			return time.Time{}, fmt.Sprintf("%s is not in the form of RFC 3339; write %s", short(v.text), at.Format(time.RFC3339))
		}
	}
	return time.Time{}, fmt.Sprintf("%s is not %s", short(v.text), aTime)
}

// span reads a length of time, to the millisecond.
func (v value) span() (d time.Duration, wrong string) {
	if v.kind == bare || v.kind == quoted {
		if d, err := time.ParseDuration(v.text); err == nil {
			return d.Truncate(time.Millisecond), ""
		}
	}
	return 0, fmt.Sprintf("must be a length of time such as 15s, 90m or 24h, not %s", v.called())
}
