package salefile

import (
	"bytes"
	"errors"
	"fmt"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// text makes UTF-8 of what a program saved as text. What is certain is read: UTF-8
// and UTF-16, each with a mark or without. What would have to be guessed is named
// instead: bytes that are right in GB18030 may be another language's letters. saveAs
// says what to do then.
func text(data []byte, saveAs string) ([]byte, error) {
	switch has := func(mark string) bool { return bytes.HasPrefix(data, []byte(mark)) }; {
	case has("PK\x03\x04"), has("\xd0\xcf\x11\xe0"):
		return nil, errors.New(`this file is a workbook, not text: save it as "CSV UTF-8"`)
	case has("<"):
		return nil, errors.New("this file is a web page or XML, such as a page to sign in that was saved instead of the file")
	case has("\xff\xfe\x00\x00"), has("\x00\x00\xfe\xff"):
		return nil, errors.New(`this file is UTF-32: save it as UTF-8`)
	case has("\xef\xbb\xbf") && utf8.Valid(data):
		return data[3:], nil
	case has("\xff\xfe"):
		return fromUTF16(data[2:], 0)
	case has("\xfe\xff"):
		return fromUTF16(data[2:], 1)
	case len(data) > 1 && data[0] != 0 && data[1] == 0: // it begins with a letter of ASCII
		return fromUTF16(data, 0)
	case len(data) > 1 && data[0] == 0 && data[1] != 0:
		return fromUTF16(data, 1)
	}
	// Most bytes of any of them are right in the others too.
	const perhaps = "perhaps it is GB18030 (GBK), Big5 or Shift-JIS; save it as "
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("this file is not UTF-8 (line %d): %s%s", firstInvalid(data), perhaps, saveAs)
	}
	if odd, line := mixedLetters(data); odd != "" && likeGB18030(data) {
		return nil, fmt.Errorf("this file is hardly UTF-8, in which it would say %s (line %d): %s%s", short(odd), line, perhaps, saveAs)
	}
	return data, nil
}

// mixedLetters finds letters of different scripts side by side, as in ˫ʮһ, and their
// line. Nobody writes so, but Chinese in GB18030 comes out so where its bytes happen to
// be right in UTF-8 too.
func mixedLetters(data []byte) (odd string, line int) {
	line = 1
	var before rune
	for _, r := range string(data) {
		if a, b := script(before), script(r); a != nil && b != nil && a != b {
			return string([]rune{before, r}), line
		}
		if r == '\n' {
			line++
		}
		before = r
	}
	return "", 0
}

// script is that of a letter which takes two bytes in UTF-8.
func script(r rune) *unicode.RangeTable {
	if r < 0x80 || r > 0x7ff || !unicode.IsLetter(r) {
		return nil
	}
	for _, table := range []*unicode.RangeTable{unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Armenian, unicode.Hebrew, unicode.Arabic} {
		if unicode.Is(table, r) {
			return table
		}
	}
	return unicode.Common
}

// fromUTF16 takes the low byte of each unit at 0 or at 1.
func fromUTF16(data []byte, low int) ([]byte, error) {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = uint16(data[2*i+low]) | uint16(data[2*i+1-low])<<8
	}
	var out []byte
	for i := 0; i < len(units); i++ {
		r := rune(units[i])
		if utf16.IsSurrogate(r) {
			if i+1 < len(units) {
				r = utf16.DecodeRune(r, rune(units[i+1]))
				i++
			}
			if utf16.IsSurrogate(r) || r == utf8.RuneError {
				return nil, errHalfLetters
			}
		}
		out = utf8.AppendRune(out, r)
	}
	if len(data)%2 != 0 {
		return nil, errHalfLetters
	}
	return out, nil
}

var errHalfLetters = errors.New("this file is UTF-16 with letters cut in half: save it as UTF-8")

func firstInvalid(data []byte) (line int) {
	line = 1
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		if r == utf8.RuneError && n == 1 {
			break
		}
		if r == '\n' {
			line++
		}
		data = data[n:]
	}
	return line
}

// likeGB18030 tells whether all bytes form characters as GB18030 builds them.
func likeGB18030(b []byte) bool {
	for len(b) > 0 {
		switch {
		case b[0] < 0x80:
			b = b[1:]
		case b[0] > 0x80 && b[0] < 0xff && len(b) >= 2 && (b[1] >= 0x40 && b[1] < 0x7f || b[1] >= 0x80 && b[1] < 0xff):
			b = b[2:]
		case b[0] > 0x80 && b[0] < 0xff && len(b) >= 4 && isDigit(b[1]) && b[2] > 0x80 && b[2] < 0xff && isDigit(b[3]):
			b = b[4:]
		default:
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
