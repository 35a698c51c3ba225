package fair

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"slices"
)

// Rank orders entries by HMAC-SHA256(randomness, entry), ascending, and equal ones by the
// entry. Nothing is divided, so no entry is favoured by a remainder.
//
// It returns the positions in entries of the first, the second, and so on.
func Rank(randomness []byte, entries []Hash) []int {
	mac := hmac.New(sha256.New, randomness)
	type ranked struct {
		key Hash
		at  int
	}
	list := make([]ranked, len(entries))
	for i := range entries {
		mac.Reset()
		mac.Write(entries[i][:])
		mac.Sum(list[i].key[:0])
		list[i].at = i
	}
	slices.SortFunc(list, func(a, b ranked) int {
		if c := bytes.Compare(a.key[:], b.key[:]); c != 0 {
			return c
		}
		return bytes.Compare(entries[a.at][:], entries[b.at][:])
	})
	order := make([]int, len(list))
	for i, r := range list {
		order[i] = r.at
	}
	return order
}
