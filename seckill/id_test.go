package seckill

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type stillClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *stillClock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
func (c *stillClock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newStillClock() *stillClock {
	return &stillClock{now: time.Date(2026, 11, 11, 12, 0, 0, 0, time.UTC)}
}

func TestIDsOfManyProcessesNeverMeet(t *testing.T) {
	clock := newStillClock()
	var mu sync.Mutex
	seen := make(map[ID]bool)
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			g := NewIDGenerator(clock.Now)
			g.Lease(worker, clock.Now().Add(time.Hour))
			last := ID(0)
			for range 10_000 {
				id, err := g.Next()
				if err != nil {
					t.Error(err)
					return
				}
				if id <= last {
					t.Errorf("id %d does not grow after %d", id, last)
				}
				last = id
				mu.Lock()
				if seen[id] {
					t.Errorf("id %d was made twice", id)
				}
				seen[id] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

func TestIDGeneratorStopsAtTheEndOfItsLease(t *testing.T) {
	clock := newStillClock()
	g := NewIDGenerator(clock.Now)
	_, err := g.Next()
	require.ErrorIs(t, err, ErrNoIDLease, "before the first lease")

	g.Lease(3, clock.Now().Add(time.Second))
	_, err = g.Next()
	require.NoError(t, err)
	clock.Move(time.Second)
	_, err = g.Next()
	require.ErrorIs(t, err, ErrNoIDLease, "after its end")
	g.Lease(3, clock.Now().Add(time.Second))
	_, err = g.Next()
	require.NoError(t, err, "after a renewal")
}

func TestIDGeneratorNeverBorrowsBeyondItsLease(t *testing.T) {
	clock := newStillClock()
	g := NewIDGenerator(clock.Now)
	until := clock.Now().Add(3 * time.Millisecond)
	g.Lease(1, until)
	n := 0
	for {
		id, err := g.Next()
		if err != nil {
			break
		}
		n++
		require.True(t, id.Time().Before(until), "id of %v under a lease until %v", id.Time(), until)
	}
	require.Equal(t, 3*4096, n, "three milliseconds of ids")
}

func TestIDGeneratorDoesNotFollowAClockBack(t *testing.T) {
	clock := newStillClock()
	g := NewIDGenerator(clock.Now)
	g.Lease(1, clock.Now().Add(time.Hour))
	first, err := g.Next()
	require.NoError(t, err)
	clock.Move(-time.Minute)
	second, err := g.Next()
	require.NoError(t, err)
	require.Greater(t, second, first)
}

func TestIDHasOneSpelling(t *testing.T) {
	for _, s := range []string{"", "0", "-1", "+1", "01", " 1", "1 ", "1e3", "0x1", "9223372036854775808", "abc", "١"} {
		_, err := ParseID(s)
		require.Equal(t, CodeInvalidRequest, CodeOf(err), "%q", s)
	}
	id, err := ParseID("9007199254740993") // beyond what a browser's number holds
	require.NoError(t, err)
	b, err := json.Marshal(map[string]ID{"id": id})
	require.NoError(t, err)
	require.JSONEq(t, `{"id":"9007199254740993"}`, string(b))
	var back struct{ ID ID }
	require.NoError(t, json.Unmarshal([]byte(`{"ID":"9007199254740993"}`), &back))
	require.Equal(t, id, back.ID)
	require.Error(t, json.Unmarshal([]byte(`{"ID":9007199254740993}`), &back), "a number is refused")
}

func TestAShortIDHasOneSpelling(t *testing.T) {
	for _, id := range []ID{1, 35, 36, 1 << 62, 1<<63 - 1} {
		back, err := ParseShortID(id.Short())
		require.NoError(t, err)
		require.Equal(t, id, back)
		require.LessOrEqual(t, len(id.Short()), 13)
	}
	for _, bad := range []string{"", "0", "-1", "+1", "01", "Z", "1 ", "#", "1y2p0ij32e8e8", "1780000000000000000"} {
		_, err := ParseShortID(bad)
		require.Error(t, err, bad)
	}
}
