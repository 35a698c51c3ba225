package seckill

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPlaceBeforeTheStartDependsOnTheSeedTheSaleAndTheBuyerAlone(t *testing.T) {
	t.Parallel()
	seed := []byte(strings.Repeat("s", QueueKeyBytes))
	// Both computed by Python's hmac and hashlib.
	n := QueueNumber(77, seed, "alice")
	require.EqualValues(t, 1257538664942778930, n)
	require.NotEqual(t, n, QueueNumber(77, seed, "bob"))
	require.NotEqual(t, n, QueueNumber(78, seed, "alice"))
	require.NotEqual(t, n, QueueNumber(77, []byte(strings.Repeat("t", QueueKeyBytes)), "alice"))
	require.Equal(t, "a238d01db2f2c75471cbdb61d1e2ae558e35b39f0523d1ca1414d484c771a2d9", SeedCommitment(77, seed))
	require.NotEqual(t, SeedCommitment(77, seed), SeedCommitment(78, seed))
}

func TestNumbersOfPlacesLieBelowThoseOfArrivalsAndFavourNobody(t *testing.T) {
	t.Parallel()
	seed := NewQueueKey()
	low := 0
	const buyers = 4_000
	for i := range buyers {
		n := QueueNumber(9, seed, "buyer-"+ID(i+1).String())
		require.Positive(t, n)
		require.Less(t, n, FirstArrival)
		if n < FirstArrival/2 {
			low++
		}
	}
	require.InDelta(t, buyers/2, low, 250) // eight standard deviations
}
