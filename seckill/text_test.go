package seckill

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTitlesMayHoldWhatPeopleWrite(t *testing.T) {
	for _, s := range []string{
		"👩‍👧 set", "手机　2", "12\u00a0kg", "می\u200cخواهم", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️", "ก\u200bข", "e\u0301", "שלום\u200f!", "\uf8ff Watch", "10\u202f%", "1️⃣",
	} {
		require.Empty(t, WrongText(s, 1, MaxTitleRunes), "%q", s)
	}
	for s, want := range map[string]string{
		"a\u202eb": "U+202E", "a\u2066b": "U+2066", "a\u0000b": "U+0000", "a\u0007b": "U+0007", "a\u0085b": "U+0085", "a\tb": "U+0009, a tab or the end of a line",
		"a\nb": "U+000A", "a\u2028b": "U+2028", "\ufffdb": "U+FFFD", "a\uffff": "U+FFFF", "a\U0001fffe": "U+1FFFE",
		"a\xff": "UTF-8", "a\xed\xa0\x80": "UTF-8", " a": "begin or end with a space", "a\u3000": "begin or end", "\u200b": "something that can be seen", "\u3000": "can be seen", "": "1 to 200",
	} {
		require.Contains(t, WrongText(s, 1, MaxTitleRunes), want, "%q", s)
	}
	s := validSale()
	s.Name, s.Items[0].Title = "👩‍👧 day", "a\u202eb"
	require.ErrorContains(t, s.Validate(), "items[0].title: must not contain U+202E")
}
