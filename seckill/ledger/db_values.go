package ledger

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// batchRows is the most orders of one transaction, and the most ids of one statement.
const batchRows = database.MostInList

// chunks cuts a list into pieces that fit one transaction or statement.
func chunks[T any](list []T) [][]T {
	return slices.Collect(slices.Chunk(list, batchRows))
}

// numbers makes ids what the drivers take without a conversion.
func numbers(ids []seckill.ID) []int64 {
	out := make([]int64, len(ids))
	for i, id := range ids {
		out[i] = int64(id)
	}
	return out
}

func toIDs(numbers []int64) []seckill.ID {
	out := make([]seckill.ID, len(numbers))
	for i, n := range numbers {
		out[i] = seckill.ID(n)
	}
	return out
}

// texts makes named strings what the drivers take.
func texts[S ~string](list []S) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

// toNull keeps an empty string as NULL, so that a unique key allows many.
func toNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func fromNull(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// millisOrZero keeps a time that may not be known.
func millisOrZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// millisOrNull keeps a length of time that may not be there.
func timeOrNull(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}

func millisOrNull(d *time.Duration) *int64 {
	if d == nil {
		return nil
	}
	ms := d.Milliseconds()
	return &ms
}

// firstRunes cuts a text to what a column of so many letters takes.
func firstRunes(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most])
	}
	return text
}

// validName refuses what SQL would store or compare as something else: MySQL
// ignores spaces at the end of a text.
func validName(s string, most int) bool {
	return len(s) > 0 && len(s) <= most && utf8.ValidString(s) && strings.TrimSpace(s) == s && !strings.Contains(s, "\x00")
}
