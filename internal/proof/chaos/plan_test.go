package chaos

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheSameSeedGivesTheSamePlan(t *testing.T) {
	for seed := range uint64(200) {
		require.Equal(t, NewPlan(seed), NewPlan(seed))
	}
	require.NotEqual(t, NewPlan(1).Faults, NewPlan(2).Faults)
}

func TestPlansAreWithinTheirBounds(t *testing.T) {
	for seed := range uint64(500) {
		p := NewPlan(seed)
		require.GreaterOrEqual(t, len(p.Faults), 2)
		require.LessOrEqual(t, len(p.Faults), 20)
		require.LessOrEqual(t, len(p.Buyers), 470)
		for _, f := range p.Faults {
			k, ok := kindNamed(f.Kind)
			require.True(t, ok)
			require.Less(t, f.At, p.Load)
			require.Less(t, f.Slot, webs+workers)
			require.NotNil(t, k.inject)
		}
		for _, b := range p.Buyers {
			require.NotEmpty(t, b.Lines)
			for i, l := range b.Lines {
				require.Positive(t, l.Quantity)
				for _, other := range b.Lines[:i] {
					require.NotEqual(t, other.SKU, l.SKU)
				}
			}
		}
	}
}

// Whoever changes the kinds or their weights changes every plan: look for other
// seeds then.
func TestTheFixedSeedsHaveEveryKindOfFault(t *testing.T) {
	had := map[string]bool{}
	redis, acks := map[string]int{}, map[string]int{}
	for _, seed := range fixedSeeds {
		p := NewPlan(seed)
		for _, f := range p.Faults {
			had[f.Kind] = true
		}
		acks[p.Ack]++
		redis[p.Redis]++
	}
	for _, name := range KindNames() {
		assert.True(t, had[name], name)
	}
	assert.Len(t, redis, 3)
	assert.Len(t, acks, 2)
}

func TestFaultsCanBeLeftOut(t *testing.T) {
	p := NewPlan(1)
	q := p.Without(regexp.MustCompile(regexp.QuoteMeta(p.Faults[0].Kind)))
	require.Less(t, len(q.Faults), len(p.Faults))
	require.Equal(t, NewPlan(1), p)
}
