package mockpay

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/seckill-go/seckill/seckill"
)

func TestLanguagesHaveTheSameWords(t *testing.T) {
	assert.Equal(t, slices.Sorted(maps.Keys(english)), slices.Sorted(maps.Keys(chinese)))
	for _, a := range actions {
		assert.Contains(t, english, a.Name)
	}
	for _, name := range trials {
		assert.Contains(t, english, name+"_hint")
		_, known := actionNamed(name)
		assert.True(t, known, name)
	}
	for _, status := range seckill.OrderStatuses {
		assert.Contains(t, english, "order."+string(status))
	}
}
