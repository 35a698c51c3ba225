package fair

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestAPlaceBeforeTheStartDependsOnTheSeedTheSaleAndTheBuyerAlone(t *testing.T) {
	t.Parallel()
	seed := []byte(strings.Repeat("s", KeyBytes))
	// Both computed by Python's hmac and hashlib.
	n := QueueNumber(77, seed, "alice")
	require.EqualValues(t, 1257538664942778930, n)
	require.NotEqual(t, n, QueueNumber(77, seed, "bob"))
	require.NotEqual(t, n, QueueNumber(78, seed, "alice"))
	require.NotEqual(t, n, QueueNumber(77, []byte(strings.Repeat("t", KeyBytes)), "alice"))
	require.Equal(t, "a238d01db2f2c75471cbdb61d1e2ae558e35b39f0523d1ca1414d484c771a2d9", SeedCommitment(77, seed))
	require.NotEqual(t, SeedCommitment(77, seed), SeedCommitment(78, seed))
}

func TestNumbersOfPlacesLieBelowThoseOfArrivalsAndFavourNobody(t *testing.T) {
	t.Parallel()
	seed := NewKey()
	low := 0
	const buyers = 4_000
	for i := range buyers {
		n := QueueNumber(9, seed, "buyer-"+seckill.ID(i+1).String())
		require.Positive(t, n)
		require.Less(t, n, seckill.FirstArrival)
		if n < seckill.FirstArrival/2 {
			low++
		}
	}
	require.InDelta(t, buyers/2, low, 250) // eight standard deviations
}

func TestAPassIsGoodForItsBuyerItsSaleAndItsTimeAlone(t *testing.T) {
	t.Parallel()
	key := NewKey()
	until := time.UnixMilli(1_800_000_000_000).UTC()
	text := Pass{Turn: seckill.Turn{Number: 12, Epoch: 3}, Until: until}.Sign(key, 7, "alice")
	require.Len(t, text, passLength)
	before := until.Add(-time.Millisecond)

	p, err := ReadPass(text, key, 7, "alice", before)
	require.NoError(t, err)
	require.Equal(t, Pass{Turn: seckill.Turn{Number: 12, Epoch: 3}, Until: until}, p)

	for name, read := range map[string]func() (Pass, error){
		"another buyer": func() (Pass, error) { return ReadPass(text, key, 7, "bob", before) },
		"another sale":  func() (Pass, error) { return ReadPass(text, key, 8, "alice", before) },
		"another key":   func() (Pass, error) { return ReadPass(text, NewKey(), 7, "alice", before) },
		"none":          func() (Pass, error) { return ReadPass("", key, 7, "alice", before) },
		"longer":        func() (Pass, error) { return ReadPass(text+"A", key, 7, "alice", before) },
		"cut":           func() (Pass, error) { return ReadPass(text[1:], key, 7, "alice", before) },
		"no base64":     func() (Pass, error) { return ReadPass("*"+text[1:], key, 7, "alice", before) },
	} {
		_, err := read()
		require.ErrorIs(t, err, ErrForged, name)
	}
	for i := range text { // whichever character is changed
		other := byte('A')
		if text[i] == other {
			other = 'B'
		}
		_, err := ReadPass(text[:i]+string(other)+text[i+1:], key, 7, "alice", before)
		require.ErrorIs(t, err, ErrForged, "character %d", i)
	}
	_, err = ReadPass(text, key, 7, "alice", until)
	require.ErrorIs(t, err, ErrTooLate)
}
