package memory

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTopicPatterns(t *testing.T) {
	tests := []struct {
		pattern, key string
		want         bool
	}{
		{"order.paid", "order.paid", true},
		{"order.paid", "order.expired", false},
		{"order.paid", "order.paid.late", false},
		{"admitted.*", "admitted.900000", true},
		{"admitted.*", "admitted", false},
		{"admitted.*", "admitted.1.2", false},
		{"*.paid", "order.paid", true},
		{"#", "order.paid", true},
		{"#", "", true},
		{"order.#", "order", true},
		{"order.#", "order.paid.late", true},
		{"#.late", "order.paid.late", true},
		{"#.late", "order.late.paid", false},
		{"*.#.*", "order", false},
		{"*.#.*", "order.paid", true},
	}
	for _, test := range tests {
		require.Equal(t, test.want, matches(test.pattern, test.key), "%s for %s", test.pattern, test.key)
	}
}
