package ledger

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// others are events under the id of one that was before, each of which says something
// else.
func others(e seckill.PaymentEvent, order seckill.ID) map[string]seckill.PaymentEvent {
	say := func(change func(*seckill.PaymentEvent)) seckill.PaymentEvent {
		other := e
		other.Body = []byte("other")
		change(&other)
		return other
	}
	return map[string]seckill.PaymentEvent{
		"order":    say(func(e *seckill.PaymentEvent) { e.OrderID = order }),
		"payment":  say(func(e *seckill.PaymentEvent) { e.PaymentID += "-other" }),
		"amount":   say(func(e *seckill.PaymentEvent) { e.Amount++ }),
		"currency": say(func(e *seckill.PaymentEvent) { e.Currency = "USD" }),
		"type":     say(func(e *seckill.PaymentEvent) { e.Type = seckill.RefundSucceeded }),
	}
}

func (f *fixture) logged() *bytes.Buffer {
	var out bytes.Buffer
	f.log = slog.New(slog.NewTextHandler(&out, nil))
	return &out
}

func TestAnEventIDThatComesAgainForSomethingElseIsRecordedAndRefused(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		log := f.logged()
		sale := f.sale(map[string]int64{"a": 10})
		orders := f.settle(f.orders(sale, 2)...)
		first := succeeded(orders[0])
		f.apply(first, seckill.PaymentApplied)
		n := int64(1)
		for what, other := range others(first, orders[1].ID) {
			log.Reset()
			n++
			for range 3 { // as a provider does that takes a 422 for a reason to try again
				f.apply(other, seckill.PaymentMismatch)
				require.Equal(t, n, f.count("SELECT COUNT(*) FROM payment_events"), what)
			}
			require.Equal(t, 1, strings.Count(log.String(), "payment does not fit its order"), what)
			require.Contains(t, log.String(), "another event had this id: its "+what, what)
			require.Equal(t, int64(1), f.count("SELECT COUNT(*) FROM payment_events WHERE event_id LIKE ? AND order_id = ? AND payment_id = ?"+
				" AND amount = ? AND currency = ? AND type = ? AND outcome = 'mismatch' AND note LIKE '%another event%'", first.ID+" %",
				int64(other.OrderID), other.PaymentID, other.Amount, other.Currency, string(other.Type)), what)
		}
		f.apply(first, seckill.PaymentDuplicate)
		first.PaidAt, first.Body = first.PaidAt.Add(time.Second), []byte("written otherwise")
		f.apply(first, seckill.PaymentDuplicate)
		require.Equal(t, seckill.OrderPaid, f.status(orders[0].ID))
		require.Equal(t, seckill.OrderAwaitingPayment, f.status(orders[1].ID), "its money needs a person")
		h, err := f.History(t.Context(), orders[1].ID)
		require.NoError(t, err)
		require.Len(t, h.Callbacks, 1, "where the operator finds it")
		require.Equal(t, seckill.PaymentMismatch, h.Callbacks[0].Outcome)

		var listed []string
		for after, n := (RaisedCursor{}), 2; n == 2; {
			page, err := f.RaisedCallbacks(t.Context(), after, 2)
			require.NoError(t, err)
			for _, r := range page {
				require.Equal(t, "other", string(r.Body))
				listed, after = append(listed, r.ID), r.Cursor()
			}
			n = len(page)
		}
		require.Len(t, listed, 5, "and all together")
		require.IsDecreasing(t, listed)
	})
}

func TestTwoEventsOfOneIDThatArriveTogetherAreTheFirstAndAMismatch(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		sale := f.sale(map[string]int64{"a": 10})
		orders := f.settle(f.orders(sale, 3)...)
		first, other, third := succeeded(orders[0]), succeeded(orders[1]), succeeded(orders[2])
		other.ID = first.ID
		var got []seckill.PaymentOutcome
		for _, a := range f.applyPayments(struct{}{}, []seckill.PaymentEvent{first, other, third, other, first}) {
			require.NoError(t, a.err)
			got = append(got, a.outcome)
		}
		require.Equal(t, []seckill.PaymentOutcome{seckill.PaymentApplied, seckill.PaymentMismatch, seckill.PaymentApplied,
			seckill.PaymentMismatch, seckill.PaymentDuplicate}, got)
		require.Equal(t, int64(3), f.count("SELECT COUNT(*) FROM payment_events"))
		require.Equal(t, seckill.OrderAwaitingPayment, f.status(orders[1].ID))
	})
}

// Whichever of them is first, the other's money must not be forgotten.
func TestTwoEventsOfOneIDAtSeveralProcessesAreOneAndAMismatch(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		processes := f.processes(4)
		rounds := f.rounds(40)
		sale := f.sale(map[string]int64{"a": int64(2 * rounds)})
		orders := f.settle(f.orders(sale, 2*rounds)...)
		for round := range rounds {
			of := orders[2*round:][:2]
			var outcomes [4]seckill.PaymentOutcome
			var calls []func() error
			for i, l := range processes {
				e := succeeded(of[i%2])
				e.ID = fmt.Sprintf("round %d", round)
				calls = append(calls, func() (err error) {
					outcomes[i], _, err = l.ApplyPayment(t.Context(), e)
					return err
				})
			}
			race(t, calls...)
			if outcomes[0] == seckill.PaymentMismatch {
				outcomes[0], outcomes[1], outcomes[2], outcomes[3] = outcomes[1], outcomes[0], outcomes[3], outcomes[2]
			}
			require.ElementsMatch(t, []seckill.PaymentOutcome{seckill.PaymentApplied, seckill.PaymentDuplicate},
				[]seckill.PaymentOutcome{outcomes[0], outcomes[2]})
			require.Equal(t, []seckill.PaymentOutcome{seckill.PaymentMismatch, seckill.PaymentMismatch},
				[]seckill.PaymentOutcome{outcomes[1], outcomes[3]})
			require.Equal(t, int64(2), f.count("SELECT COUNT(*) FROM payment_events WHERE event_id LIKE ? OR event_id = ?",
				fmt.Sprintf("round %d %%", round), fmt.Sprintf("round %d", round)))
		}
	})
}

func TestWhatIsSignedAndMalformedIsRecordedOnceAndRaised(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		log := f.logged()
		sale := f.sale(map[string]int64{"a": 10})
		o := f.settle(f.orders(sale, 1)...)[0]
		wrong := seckill.Invalid("data.currency", "must be an ISO 4217 code")
		malformed := func(e *seckill.PaymentEvent) { e.Malformed = wrong }
		n := int64(0)
		for name, spoil := range map[string]func(e *seckill.PaymentEvent){
			"as the provider's reader says": malformed,
			"nothing of it could be read": func(e *seckill.PaymentEvent) {
				*e = seckill.PaymentEvent{Provider: "standard", ID: e.ID, Malformed: wrong}
			},
			"no event id":      func(e *seckill.PaymentEvent) { e.ID = "" },
			"long event id":    func(e *seckill.PaymentEvent) { e.ID = strings.Repeat("x", 192) },
			"space at an end":  func(e *seckill.PaymentEvent) { e.ID += " " },
			"no payment id":    func(e *seckill.PaymentEvent) { e.PaymentID = "" },
			"not text":         func(e *seckill.PaymentEvent) { e.PaymentID = "\xff" },
			"long currency":    func(e *seckill.PaymentEvent) { e.Currency = strings.Repeat("X", 17) },
			"long type":        func(e *seckill.PaymentEvent) { e.Type = seckill.PaymentEventType(strings.Repeat("t", 100)) },
			"zero in the type": func(e *seckill.PaymentEvent) { e.Type = "\x00" },
		} {
			e := succeeded(o)
			e.Body = []byte(name)
			spoil(&e)
			e.Body = []byte(name)
			log.Reset()
			n++
			f.apply(e, seckill.PaymentMalformed)
			f.apply(e, seckill.PaymentMalformed)
			require.Equal(t, n, f.count("SELECT COUNT(*) FROM payment_events"), name)
			require.Equal(t, int64(1), f.count("SELECT COUNT(*) FROM payment_events WHERE body = ? AND outcome = 'malformed' AND note LIKE '%must be%'", []byte(name)), name)
			require.Equal(t, 1, strings.Count(log.String(), "signed and malformed"), name)
		}
		require.Equal(t, seckill.OrderAwaitingPayment, f.status(o.ID))

		e := succeeded(o)
		e.Body = []byte("{}")
		malformed(&e)
		f.apply(e, seckill.PaymentMalformed)
		e.Body = []byte("{ }")
		f.apply(e, seckill.PaymentMalformed)
		require.Equal(t, n+2, f.count("SELECT COUNT(*) FROM payment_events"), "another body may be about other money")
		e.Malformed = nil
		f.apply(e, seckill.PaymentApplied)
		require.Equal(t, seckill.OrderPaid, f.status(o.ID), "the event that it was meant to be still has its id")
		malformed(&e)
		f.apply(e, seckill.PaymentMalformed)

		e.Provider = ""
		_, _, err := f.ApplyPayment(t.Context(), e)
		require.Equal(t, seckill.CodeInvalidRequest, seckill.CodeOf(err), "a provider that we have not set up")
	})
}

func TestMalformedEventsThatArriveTogetherShareATransaction(t *testing.T) {
	onEachEngine(t, func(t *testing.T, f *fixture) {
		var events []seckill.PaymentEvent
		var all []*application
		for i := range 8 {
			e := seckill.PaymentEvent{Provider: "standard", ID: fmt.Sprintf("e%d", i), Body: []byte("?"), Malformed: seckill.Invalid("body", "is odd")}
			events, all = append(events, e), append(all, &application{event: e})
		}
		together, later := unrelated(all)
		require.Len(t, together, 8)
		require.Empty(t, later)
		for _, a := range f.applyPayments(struct{}{}, append(events, events...)) {
			require.NoError(t, a.err)
			require.Equal(t, seckill.PaymentMalformed, a.outcome)
		}
		require.Equal(t, int64(8), f.count("SELECT COUNT(*) FROM payment_events"))
	})
}
