// Package suggest finds the known name that was most likely meant by a mistyped one.
package suggest

import "strings"

// maxName bounds the work for a name that somebody else sent.
const maxName = 64

// Closest gives the known name that a mistyped one is nearest to. It tells false
// where none is near enough to be meant: more than a third of the letters differ.
func Closest(name string, known []string) (string, bool) {
	if len(name) > maxName {
		return "", false
	}
	best, least := "", -1
	for _, k := range known {
		d := distance(strings.ToLower(name), strings.ToLower(k))
		if d <= max(len(name), len(k))/3 && (least < 0 || d < least) {
			best, least = k, d
		}
	}
	return best, least >= 0
}

// DidYouMean is the end of a complaint about an unknown name: "; did you mean ...?",
// or nothing where no known name is near.
func DidYouMean(name string, known []string) string { return DidYouMeanWith("", name, known) }

// DidYouMeanWith is DidYouMean for names that all begin alike, such as flags. The
// beginning is not among them: it would make all of them look near.
func DidYouMeanWith(beginning, name string, known []string) string {
	if closest, ok := Closest(name, known); ok {
		return `; did you mean "` + beginning + closest + `"?`
	}
	return ""
}

// distance counts the letters to put in, leave out, replace or swap with their
// neighbour to make b of a.
func distance(a, b string) int {
	before, last := []int(nil), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			replaced := last[j]
			if a[i] != b[j] {
				replaced++
			}
			row[j+1] = min(replaced, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
