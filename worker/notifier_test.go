package worker

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/broker/memory"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// fakeShop answers events as a test says.
type fakeShop struct {
	mu      sync.Mutex
	answer  func(ctx context.Context, event ledger.Announcement) Answer // nil: yes
	got     map[string]int                                              // tries by event
	present int
	most    int // tries at the same time
}

func (s *fakeShop) Deliver(ctx context.Context, event ledger.Announcement) Answer {
	s.mu.Lock()
	s.got[event.ID]++
	s.present++
	s.most = max(s.most, s.present)
	answer := s.answer
	s.mu.Unlock()
	defer func() { s.mu.Lock(); s.present--; s.mu.Unlock() }()
	if answer == nil {
		return Answer{Status: 204}
	}
	return answer(ctx, event)
}

func (s *fakeShop) answers(answer func(ctx context.Context, event ledger.Announcement) Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *fakeShop) answersWith(a Answer) {
	s.answers(func(context.Context, ledger.Announcement) Answer { return a })
}

func (s *fakeShop) tries(event string) int { s.mu.Lock(); defer s.mu.Unlock(); return s.got[event] }

func (s *fakeShop) total() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, tries := range s.got {
		n += tries
	}
	return n
}

// notifying is a notifier over a real ledger, whose clock stands still.
type notifying struct {
	*Notifier
	t      *testing.T
	clock  *testkit.Clock
	ledger *ledger.Ledger
	shop   *fakeShop

	mu       sync.Mutex
	outcomes map[string]int
	noted    int // tries that SQL knows of
	stop     func()
}

// NoteDeliveries tells the test what was noted. Only then may its clock move on: a try
// is planned from the time at which it is noted.
func (n *notifying) NoteDeliveries(ctx context.Context, tries []ledger.DeliveryTry) error {
	err := n.ledger.NoteDeliveries(ctx, tries)
	if err == nil {
		n.mu.Lock()
		n.noted += len(tries)
		n.mu.Unlock()
	}
	return err
}

func (n *notifying) ClaimDeliveries(ctx context.Context, limit int, claim time.Duration) ([]ledger.Delivery, error) {
	return n.ledger.ClaimDeliveries(ctx, limit, claim)
}

func (n *notifying) notedTries() int { n.mu.Lock(); defer n.mu.Unlock(); return n.noted }

func newNotifying(t *testing.T) *notifying {
	n := &notifying{t: t, clock: testkit.NewClock(opening), shop: &fakeShop{got: map[string]int{}}, outcomes: map[string]int{}}
	n.ledger = newStore(t, n.clock.Now)
	n.Notifier = &Notifier{Deliveries: n, Endpoint: n.shop, Leases: freeLease{}, Every: time.Millisecond, Concurrency: 4,
		Timeout: time.Minute, Backoff: 10 * time.Second, MaxAttempts: 3, Clock: n.clock.Now, Log: quiet,
		Report: func(outcome string) { n.mu.Lock(); n.outcomes[outcome]++; n.mu.Unlock() }}
	return n
}

func (n *notifying) start() {
	ctx, cancel := context.WithCancel(n.t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = n.Run(ctx) }()
	n.stop = func() { cancel(); <-ended }
	n.t.Cleanup(n.stop)
}

// happen makes events 1:awaiting_payment and so on, for as many orders.
func (n *notifying) happen(orders int) {
	n.t.Helper()
	item := seckill.Item{SKU: "a", Title: "a", Price: 5, Currency: "CNY", Total: 1000, LimitPerBuyer: 1000}
	_, _, err := n.ledger.CreateSale(n.t.Context(), seckill.Sale{ID: 7, Name: "a sale", StartsAt: opening,
		EndsAt: opening.Add(time.Hour), Hold: time.Minute, Items: []seckill.Item{item}})
	require.NoError(n.t, err)
	ids := make([]seckill.ID, orders)
	for i := range ids {
		ids[i] = seckill.ID(i + 1)
	}
	_, err = n.ledger.Settle(n.t.Context(), entryOf("1-0", ids...).Orders)
	require.NoError(n.t, err)
	batches, err := n.ledger.Events(n.t.Context(), 0)
	require.NoError(n.t, err)
	require.NoError(n.t, n.ledger.EventsPublished(n.t.Context(), batches, func(string) bool { return true }))
}

func event(order int) string { return fmt.Sprintf("%d:awaiting_payment", order) }

func (n *notifying) backlog() ledger.DeliveryBacklog {
	n.t.Helper()
	b, err := n.ledger.DeliveryBacklog(n.t.Context())
	require.NoError(n.t, err)
	return b
}

func (n *notifying) eventually(what string, holds func() bool) {
	n.t.Helper()
	testkit.Eventually(n.t, holds, what)
}

func TestEachEventReachesTheShopOnceWhileItSaysYes(t *testing.T) {
	t.Parallel()
	n := newNotifying(t)
	n.happen(50)
	n.start()
	n.eventually("all are delivered", func() bool { return n.backlog().Pending == 0 })
	n.stop()
	require.Equal(t, 50, n.shop.total())
	require.LessOrEqual(t, n.shop.most, 4)
	require.Equal(t, map[string]int{"delivered": 50}, n.outcomes)
}

func TestAnEventThatTheShopRefusesHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	n := newNotifying(t)
	n.happen(20)
	n.shop.answers(func(_ context.Context, e ledger.Announcement) Answer {
		if e.ID == event(1) {
			return Answer{Status: 422, Failure: "the endpoint answered 422"}
		}
		return Answer{Status: 200}
	})
	n.start()
	n.eventually("all others are delivered", func() bool { return n.notedTries() == 20 })
	require.EqualValues(t, 1, n.backlog().Pending)
	for tried := 1; tried < 3; tried++ {
		n.clock.Advance(time.Minute)
		n.eventually("it is tried again", func() bool { return n.notedTries() == 20+tried })
	}
	n.eventually("it is left to a person", func() bool { return n.backlog() == ledger.DeliveryBacklog{Dead: 1} })
	n.clock.Advance(24 * time.Hour)
	n.stop()
	require.Equal(t, 3, n.shop.tries(event(1)))
}

// An outage of any length costs few events an attempt, and none the last one soon.
func TestAShopThatIsAwayIsProbedAndThenGetsEverything(t *testing.T) {
	t.Parallel()
	n := newNotifying(t)
	n.happen(100)
	n.shop.answersWith(Answer{Failure: "the endpoint did not answer"})
	n.start()
	judged := func() (tries int) {
		n.mu.Lock()
		defer n.mu.Unlock()
		return n.outcomes["no_answer"]
	}
	n.eventually("the first failure is noted", func() bool { return judged() > 0 && judged() == n.shop.total() })
	for range 20 {
		before := judged()
		n.clock.Advance(maxEndpointPause + maxEndpointPause/5)
		n.eventually("one try finds out", func() bool { return judged() > before && judged() == n.shop.total() })
	}
	require.Less(t, n.shop.total(), 40, "the shop was not left alone")
	require.Zero(t, n.backlog().Dead)
	n.shop.answers(nil)
	n.clock.Advance(time.Minute)
	n.eventually("everything arrives", func() bool {
		n.clock.Advance(time.Second)
		return n.backlog().Pending == 0
	})
	n.stop()
	require.Len(t, n.shop.got, 100)
}

func TestAShopThatAsksForTimeGetsIt(t *testing.T) {
	t.Parallel()
	n := newNotifying(t)
	n.Concurrency = 1
	n.happen(2)
	n.shop.answersWith(Answer{Status: 503, Failure: "503", RetryAfter: 5 * time.Minute})
	n.start()
	n.eventually("it has asked for time", func() bool { return n.notedTries() == 1 })
	require.Equal(t, 5*time.Minute, n.Pause(), "all events wait")
	n.shop.answers(nil)
	n.clock.Advance(5*time.Minute - time.Second)
	require.Equal(t, time.Second, n.Pause())
	require.EqualValues(t, 2, n.backlog().Pending)
	n.clock.Advance(time.Second)
	n.eventually("both arrive", func() bool { return n.backlog().Pending == 0 })
	require.Zero(t, n.Pause())
}

// The only event there is meets the shop in every try; none is booked on it.
func TestAnOutageIsNotBookedOnTheEventThatMeetsIt(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]Answer{
		"failing": {Status: 500, Failure: "500"}, "gone": {Status: 410, Failure: "410"},
		"busy": {Status: 429, Failure: "429", RetryAfter: 5 * time.Minute}, "no answer": {Failure: "none"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNotifying(t)
			n.happen(1)
			n.shop.answersWith(away)
			n.start()
			for tried := range 10 {
				n.eventually("it is tried", func() bool { return n.notedTries() == tried+1 })
				n.clock.Advance(max(n.Pause(), 12*time.Second)) // its own wait, after the first failure
			}
			n.eventually("it is tried", func() bool { return n.notedTries() == 11 })
			require.EqualValues(t, 1, n.backlog().Pending)
			n.stop()

			// New workers know nothing of the pause, and the event does not keep it up.
			n.clock.Advance(maxEndpointPause)
			again, err := n.ledger.ClaimDeliveries(t.Context(), 1, time.Minute)
			require.NoError(t, err)
			require.Len(t, again, 1)
			require.Equal(t, 1, again[0].Attempts, "what came before the outage was known")
		})
	}
}

func TestTheEndpointsHealth(t *testing.T) {
	t.Parallel()
	ok, failed, gone := Answer{Status: 200}, Answer{Status: 500, Failure: "500"}, Answer{Status: 410, Failure: "410"}
	asks := func(wait time.Duration) Answer { return Answer{Status: 429, Failure: "429", RetryAfter: wait} }
	row := func(a Answer, n int) []Answer { return slices.Repeat([]Answer{a}, n) }
	for name, c := range map[string]struct {
		answers     []Answer // each as soon as something is sent
		pause       time.Duration
		gone, asked int // lines of the log
	}{
		"works":                       {row(ok, 3), 0, 0, 0},
		"failed once":                 {row(failed, 1), minEndpointPause, 0, 0},
		"failing":                     {row(failed, 20), maxEndpointPause, 0, 0},
		"gone for a moment":           {row(gone, 1), minEndpointPause, 1, 0},
		"gone after other failures":   {append(row(failed, 2), gone), 4 * minEndpointPause, 1, 0},
		"gone at a long outage's end": {append(row(failed, 20), gone), maxEndpointPause, 1, 0},
		"gone for good":               {row(gone, 20), maxLongPause, 1, 0},
		"gone and failing by turns":   {slices.Repeat([]Answer{gone, failed}, 10), maxEndpointPause, 1, 0},
		"gone in two outages":         {[]Answer{gone, ok, gone}, minEndpointPause, 2, 0},
		"back":                        {append(row(gone, 20), ok), 0, 1, 0},
		"asks for long":               {row(asks(maxLongPause), 1), maxLongPause, 0, 1},
		"asks for long twice":         {row(asks(maxLongPause), 2), maxLongPause, 0, 2},
		"asks for a little":           {row(asks(10*time.Second), 5), 10 * time.Second, 0, 0},
		"asks for less than it gets":  {append(row(failed, 20), asks(time.Second)), maxEndpointPause, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			h := endpointHealth{log: slog.New(slog.NewTextHandler(&log, nil))}
			now := opening
			for _, a := range c.answers {
				now = now.Add(h.pause(now))
				require.Positive(t, h.limit(now, 8), "nothing finds out")
				h.note(now, a)
			}
			require.InDelta(t, c.pause, h.pause(now), float64(c.pause)/5+1)
			require.Equal(t, []int{c.gone, c.asked}, []int{strings.Count(log.String(), "gone for good"), strings.Count(log.String(), "left alone")}, log.String())
			if c.gone+c.asked > 0 && c.pause > 0 {
				require.Contains(t, log.String(), "next_try="+opening.Format("2006-01-02"))
			}
			require.Equal(t, c.pause == 0, h.limit(now.Add(2*maxLongPause), 8) == 8, "one try finds out, or all may go")
		})
	}
	h := endpointHealth{log: quiet}
	h.note(opening, asks(time.Minute))
	h.note(opening, ok)
	require.Equal(t, time.Minute, h.pause(opening), "a yes that was under way ends what the endpoint asked for")
}

// The process may be killed after the shop's yes: then the claim ends by itself and
// the shop hears of the event again, under the same id.
func TestAnEventComesAgainWhenItsWorkerDiedAfterTheYes(t *testing.T) {
	t.Parallel()
	n := newNotifying(t)
	n.happen(1)
	claimed, err := n.ledger.ClaimDeliveries(t.Context(), 1, n.Timeout+claimGrace)
	require.NoError(t, err)
	require.Empty(t, n.shop.Deliver(t.Context(), claimed[0].Event).Failure) // and no note of it
	n.start()
	n.clock.Advance(n.Timeout + claimGrace)
	n.eventually("it is noted", func() bool { return n.backlog().Pending == 0 })
	require.Equal(t, 2, n.shop.tries(event(1)))
}

func TestAStopLetsTriesComeHomeAndCountsNone(t *testing.T) {
	t.Parallel()
	n := newNotifying(t)
	n.happen(1)
	n.shop.answers(func(ctx context.Context, _ ledger.Announcement) Answer {
		<-ctx.Done() // only the end of the time to stop ends it
		return Answer{Failure: "the endpoint did not answer"}
	})
	n.start()
	n.eventually("it is under way", func() bool { return n.shop.total() == 1 })
	n.stop()
	n.clock.Advance(n.Timeout + claimGrace)
	again, err := n.ledger.ClaimDeliveries(t.Context(), 1, time.Minute)
	require.NoError(t, err)
	require.Len(t, again, 1)
	require.Zero(t, again[0].Attempts)
}

func TestDeadLettersOfTheBrokerAndOfTheShopAreOneList(t *testing.T) {
	t.Parallel()
	n := newNotifying(t)
	n.happen(2)
	claimed, err := n.ledger.ClaimDeliveries(t.Context(), 2, time.Minute)
	require.NoError(t, err)
	for _, d := range claimed {
		require.NoError(t, n.ledger.NoteDeliveries(t.Context(), []ledger.DeliveryTry{{Number: d.Number, Failure: "the endpoint answered 500"}}))
		n.clock.Advance(time.Second)
	}
	b, err := memory.New(memory.Config{Logger: quiet})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = b.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	office := DeadLetterOffice{Broker: b, Deliveries: n.ledger}
	n.eventually("the broker is there", func() bool { return b.Ready() == nil })

	letters, err := office.DeadLetters(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, letters, 2)
	require.Equal(t, broker.DeadLetter{Message: broker.Message{ID: event(1), Key: "order.awaiting_payment", Body: claimed[0].Event.Body},
		Queue: QueueWebhooks, Reason: "the endpoint answered 500", Attempts: 1, At: opening}, letters[0])
	first, err := office.DeadLetters(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, letters[:1], first)
	depth, err := office.QueueDepth(t.Context(), broker.QueueDead)
	require.NoError(t, err)
	require.Equal(t, 2, depth)
	of, err := office.DeadLettersByID(t.Context(), event(2))
	require.NoError(t, err)
	require.Equal(t, letters[1:], of)

	sent, err := office.Requeue(t.Context(), []string{event(2)})
	require.NoError(t, err)
	require.Equal(t, 1, sent)
	require.EqualValues(t, 1, n.backlog().Pending)
	sent, err = office.Requeue(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, 1, sent)
	n.start()
	n.eventually("both arrive after all", func() bool { return n.backlog() == ledger.DeliveryBacklog{} })
}
