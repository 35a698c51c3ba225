package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
)

type fakeOffice struct {
	away    error
	letters []broker.DeadLetter
	hidden  int // letters that are there, and in somebody else's hands
	looks   int
}

func (f *fakeOffice) Ready() error { return f.away }
func (f *fakeOffice) QueueDepth(_ context.Context, queue string) (int, error) {
	if queue != broker.QueueDead {
		return 0, errOther
	}
	return len(f.letters) + f.hidden, nil
}
func (f *fakeOffice) DeadLetters(_ context.Context, limit int) ([]broker.DeadLetter, error) {
	f.looks++
	return f.letters[:min(limit, len(f.letters))], nil
}

func (f *fakeOffice) add(t *testing.T, body any) {
	f.letters = append(f.letters, broker.DeadLetter{Message: deliveryOf(t, body).Message})
}

func newTestCensus() (*DeadLetterCensus, *fakeOffice, *testkit.Clock) {
	office, clock := &fakeOffice{}, testkit.NewClock(opening)
	return &DeadLetterCensus{Office: office, Clock: clock.Now}, office, clock
}

func TestDeadLettersAreCountedBySale(t *testing.T) {
	c, office, _ := newTestCensus()
	entry := entryOf("1-0", 1, 2)
	office.add(t, entry)
	office.add(t, entry) // of the settle queue and of the expire queue
	office.add(t, entryOf("2-0", 3))
	office.add(t, seckill.NewEvent(seckill.Order{ID: 3, SaleID: 7}, opening))
	office.add(t, seckill.NewEvent(seckill.Order{ID: 9, SaleID: 8}, opening))
	office.add(t, []byte("8 1-0 1"))
	office.add(t, []byte("{"))
	office.add(t, []byte(`{"other":1}`))
	require.Equal(t, seckill.DeadLetterCount{Known: true, Messages: 4, Orders: 3, Unreadable: 2}, c.Of(t.Context(), 7))
	require.Equal(t, seckill.DeadLetterCount{Known: true, Messages: 2, Orders: 1, Unreadable: 2}, c.Of(t.Context(), 8))
	require.Equal(t, seckill.DeadLetterCount{Known: true, Unreadable: 2}, c.Of(t.Context(), 9))
	require.Equal(t, seckill.DeadLetterCount{Known: true, Messages: 6, Orders: 4, Unreadable: 2}, c.Total(t.Context()))
	require.Equal(t, 1, office.looks)
}

func TestCensusIsTakenAgainWhenItMayHaveChanged(t *testing.T) {
	c, office, clock := newTestCensus()
	messages := func() int { return c.Of(t.Context(), 7).Messages }
	require.Zero(t, messages())
	office.add(t, entryOf("1-0", 1))
	require.Zero(t, messages(), "for some seconds it is good")
	clock.Advance(censusFresh)
	require.Equal(t, 1, messages())
	clock.Advance(censusFresh)
	require.Equal(t, 1, messages())
	require.Equal(t, 1, office.looks, "as many as before: no need to take them in hand")
	clock.Advance(censusKept)
	require.Equal(t, 1, messages())
	require.Equal(t, 2, office.looks, "but now and then")
	office.letters = nil
	clock.Advance(censusFresh)
	require.Zero(t, messages())
	require.Equal(t, 2, office.looks, "nothing to look at")
}

func TestCensusTellsWhatItDoesNotKnow(t *testing.T) {
	var none *DeadLetterCensus
	require.Equal(t, seckill.DeadLetterCount{Reason: censusNoBroker}, none.Of(t.Context(), 7))
	require.Equal(t, seckill.DeadLetterCount{Reason: censusNoBroker}, none.Total(t.Context()))

	c, office, clock := newTestCensus()
	office.add(t, entryOf("1-0", 1))
	office.hidden = 1
	require.Equal(t, seckill.DeadLetterCount{Known: true, Messages: 1, Orders: 1, AtLeast: true}, c.Of(t.Context(), 7))
	office.away = errAway
	clock.Advance(censusFresh)
	require.Equal(t, seckill.DeadLetterCount{Reason: censusNoAnswer}, c.Of(t.Context(), 7), "no old figure, which would calm")
	office.away = nil
	clock.Advance(censusFresh)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, 1, c.Of(cancelled, 7).Messages, "one who gives up spoils it for nobody")
}

func TestAuditorIsLoudWhileThereAreDeadLetters(t *testing.T) {
	c, office, clock := newTestCensus()
	var log bytes.Buffer
	a := Auditor{DeadLetters: c, Log: slog.New(slog.NewJSONHandler(&log, nil))}
	a.warnOfDeadLetters(t.Context())
	require.Empty(t, log.String())
	office.add(t, []byte("{"))
	clock.Advance(censusFresh)
	for range 2 {
		log.Reset()
		a.warnOfDeadLetters(t.Context())
		var line struct{ Level, Msg string }
		require.NoError(t, json.Unmarshal(log.Bytes(), &line))
		require.Equal(t, "ERROR", line.Level)
		require.Contains(t, line.Msg, "DEAD LETTERS")
	}
	a.DeadLetters = nil
	log.Reset()
	a.warnOfDeadLetters(t.Context())
	require.Empty(t, log.String(), "who cannot tell warns of nothing")
}
