package seckill

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// WrongText says what is wrong with a text that people write for people, such as a
// title, or nothing. All that a language or an emoji needs is allowed, invisible
// joiners and wide spaces too; what hides or turns around other text is not.
func WrongText(s string, least, most int) (reason string) {
	if !utf8.ValidString(s) {
		return "is not valid UTF-8"
	}
	if n := utf8.RuneCountInString(s); n < least || n > most {
		return fmt.Sprintf("must be %d to %d characters, not %d", least, most, n)
	}
	seen := least == 0
	for _, r := range s {
		if why := forbidden(r); why != "" {
			return fmt.Sprintf("must not contain U+%04X, %s", r, why)
		}
		seen = seen || !unicode.In(r, unicode.White_Space, unicode.Cf, unicode.Mn, unicode.Me)
	}
	if !seen {
		return "must contain something that can be seen"
	}
	if strings.TrimSpace(s) != s {
		return "must not begin or end with a space"
	}
	return ""
}

// forbidden says what a character is that no text for people may contain.
func forbidden(r rune) string {
	switch {
	case r == '\t' || r == '\n' || r == '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029':
		return "a tab or the end of a line"
	case unicode.IsControl(r):
		return "a control character"
	case r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u206f':
		return "which changes the direction or the form of the text around it"
	case r == utf8.RuneError:
		return "which stands where a letter was lost"
	case r&0xfffe == 0xfffe || r >= '\ufdd0' && r <= '\ufdef':
		return "which is no character"
	default:
		return ""
	}
}
