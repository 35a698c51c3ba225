package fair

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestAPassIsGoodForItsBuyerItsSaleAndItsTimeAlone(t *testing.T) {
	t.Parallel()
	key := seckill.NewQueueKey()
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
		"another key":   func() (Pass, error) { return ReadPass(text, seckill.NewQueueKey(), 7, "alice", before) },
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
