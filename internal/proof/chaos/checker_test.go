package chaos

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	opens  = time.Date(2026, 11, 11, 12, 0, 0, 0, time.UTC)
	during = opens.Add(time.Second)
	loss   = window{opens.Add(2 * time.Second), opens.Add(3 * time.Second)}
	after  = opens.Add(4 * time.Second)
)

// scene is evidence of a run that kept every promise: ten units, of which alice
// has paid one, bob's hold ended, carol cancelled, dave paid too late, and erin
// was refused.
func scene() Evidence {
	const sale, sku = "1", "phone"
	e := Evidence{
		Plan:  Plan{Ack: ackAdmitted, Sales: []SalePlan{{Items: []ItemPlan{{SKU: sku, Stock: 10, Limit: 1, Price: 100}}}}},
		Opens: map[string]time.Time{sale: opens},
		State: State{Items: []ItemRow{{Sale: sale, SKU: sku, Total: 10, Sold: 1}}, Orders: map[string]OrderRow{}},
		Redis: map[string]Counters{sale: {State: "ready", Available: map[string]int64{sku: 9}, Orders: map[string]string{}}},
		Reads: map[string]answer{}, Events: map[string]bool{}, Charges: map[string]charge{}, Orphaned: map[string]bool{},
	}
	order := func(id, buyer, status string, stock int, moves map[int]int64) {
		e.State.Orders[id] = OrderRow{ID: id, Sale: sale, Buyer: buyer, Key: "k", Status: status, Stock: stock, Amount: 100,
			Created: during, Updated: during, Lines: []Line{{sku, 1}}, Moves: map[string]map[int]int64{sku: moves}}
		e.Clicks = append(e.Clicks, Click{Buyer: buyer, Sale: sale, Key: "k", Sent: during, Answered: during, HTTP: 202, OrderID: id})
		e.Redis[sale].Orders[id] = map[bool]string{true: "h", false: "x"}[stock == stockSold]
		e.Reads[id] = answer{HTTP: 200, Status: status}
		e.Events[id+":awaiting_payment"], e.Events[id+":"+status] = true, true
	}
	paid := func(id, payment, status string) {
		e.State.Payments = append(e.State.Payments, PaymentRow{ID: payment, Order: id, Status: status, Amount: 100})
		e.Charges[payment] = charge{payment: payment, order: id, amount: 100, currency: currency, genuine: true}
	}
	back := map[int]int64{moveReserve: 1, moveRelease: 1}
	order("11", "alice", "paid", stockSold, map[int]int64{moveReserve: 1, moveConfirm: 1})
	paid("11", "pay-1", "succeeded")
	e.Callbacks = append(e.Callbacks, Callback{Event: "e1", Payment: "pay-1", Order: "11", Type: "payment.succeeded", Genuine: true, HTTP: 200, Result: "applied"})
	order("12", "bob", "expired", stockReleased, back)
	order("13", "carol", "cancelled", stockReleased, back)
	e.Cancels = append(e.Cancels, Cancel{Order: "13", HTTP: 200, Status: "cancelled"})
	order("14", "dave", "refund_due", stockReleased, back)
	paid("14", "pay-4", "refund_due")
	e.Clicks = append(e.Clicks, Click{Buyer: "erin", Sale: sale, Key: "k", Sent: during, Answered: during, HTTP: 409, Code: "sold_out"})
	return e
}

// change replaces an order of the scene.
func (e Evidence) change(id string, f func(*OrderRow)) {
	o := e.State.Orders[id]
	f(&o)
	e.State.Orders[id] = o
}

func TestARunThatKeptEveryPromiseIsFoundGood(t *testing.T) {
	require.Empty(t, check(scene()))
}

// Each case breaks one thing; the checker must see it, and name the promise.
func TestTheCheckerSeesWhatIsBroken(t *testing.T) {
	lost := func(e *Evidence, id string) {
		e.change(id, func(o *OrderRow) {
			o.Status, o.Reason, o.Moves = "failed", "lost: Redis forgot it", map[string]map[int]int64{}
		})
		e.Reads[id] = answer{HTTP: 200, Status: "failed", Reason: "lost: Redis forgot it"}
		e.Events[id+":failed"] = true
	}
	gone := func(e *Evidence, id string) {
		delete(e.State.Orders, id)
		e.Reads[id] = answer{HTTP: 404, Detail: "Some orders were lost."}
	}
	cases := map[string]struct {
		breaks func(*Evidence)
		want   string // empty: nothing is wrong with it
	}{
		"a unit too many in Redis":    {func(e *Evidence) { e.Redis["1"].Available["phone"]++ }, neverOversold},
		"a unit too few in Redis":     {func(e *Evidence) { e.Redis["1"].Available["phone"]-- }, neverUndersold},
		"Redis holds what has ended":  {func(e *Evidence) { e.Redis["1"].Orders["12"] = "h" }, neverUndersold},
		"Redis released what is sold": {func(e *Evidence) { e.Redis["1"].Orders["11"] = "x" }, neverOversold},
		"Redis forgot what is sold":   {func(e *Evidence) { delete(e.Redis["1"].Orders, "11") }, neverOversold},
		"Redis holds a stranger":      {func(e *Evidence) { e.Redis["1"].Orders["99"] = "h" }, neverUndersold},
		"released twice":              {func(e *Evidence) { e.change("12", func(o *OrderRow) { o.Moves["phone"][moveRelease] = 2 }) }, neverUndersold},
		"never released":              {func(e *Evidence) { e.change("13", func(o *OrderRow) { delete(o.Moves["phone"], moveRelease) }) }, neverUndersold},
		"sold more than there are":    {func(e *Evidence) { e.State.Items[0].Total = 0 }, neverOversold},
		"SQL's counters off":          {func(e *Evidence) { e.State.Items[0].Sold = 0 }, conserved},
		"an entry in the outbox": {func(e *Evidence) {
			c := e.Redis["1"]
			c.Entries = 1
			e.Redis["1"] = c
		}, conserved},
		"stuck":                     {func(e *Evidence) { e.change("12", func(o *OrderRow) { o.Status = "awaiting_payment" }) }, nothingLost},
		"failed without a reason":   {func(e *Evidence) { e.change("12", func(o *OrderRow) { o.Status = "failed" }) }, nothingLost},
		"no rest":                   {func(e *Evidence) { e.Unrest = "something moves" }, nothingLost},
		"gone":                      {func(e *Evidence) { gone(e, "12") }, nothingLost},
		"lost":                      {func(e *Evidence) { lost(e, "12") }, nothingLost},
		"lost after Redis's loss":   {func(e *Evidence) { lost(e, "12"); e.RedisLosses = []window{{opens, opens}} }, nothingLost},
		"lost with ack settled":     {func(e *Evidence) { lost(e, "12"); e.RedisLosses, e.Plan.Ack = []window{loss}, ackSettled }, nothingLost},
		"lost where that is stated": {func(e *Evidence) { lost(e, "12"); e.RedisLosses = []window{loss} }, ""},
		"gone, its process lives":   {func(e *Evidence) { gone(e, "12"); e.RedisLosses = []window{loss} }, nothingLost},
		"gone with its process": {func(e *Evidence) {
			gone(e, "12")
			e.RedisLosses, e.Orphaned["12"] = []window{loss}, true
		}, ""},
		"gone with its process, and nobody says so": {func(e *Evidence) {
			gone(e, "12")
			e.RedisLosses, e.Orphaned["12"], e.Reads["12"] = []window{loss}, true, answer{HTTP: 404, Detail: "There is no such order."}
		}, nothingLost},
		"its buyer is told another status": {func(e *Evidence) { e.Reads["12"] = answer{HTTP: 200, Status: "paid"} }, nothingLost},
		"its buyer cannot see it":          {func(e *Evidence) { e.Reads["12"] = answer{HTTP: 404} }, nothingLost},
		"cancelled and yet not":            {func(e *Evidence) { e.change("13", func(o *OrderRow) { o.Status = "expired" }) }, nothingLost},
		"two answers for a key": {func(e *Evidence) {
			e.Clicks = append(e.Clicks, Click{Buyer: "alice", Sale: "1", Key: "k", Sent: after, Answered: after, HTTP: 200, OrderID: "12"})
		}, oneClick},
		"a repetition that Redis had forgotten, and that failed": {func(e *Evidence) {
			e.change("12", func(o *OrderRow) {
				o.Buyer, o.Key, o.Status, o.Reason, o.Moves = "alice", "", "failed", "duplicate_request: another", map[string]map[int]int64{}
			})
			e.Clicks[1].Buyer, e.Clicks[1].Answered, e.RedisLosses = "alice", after, []window{loss}
			e.Reads["12"], e.Events["12:failed"] = answer{HTTP: 200, Status: "failed", Reason: "duplicate_request: another"}, true
		}, ""},
		"an order that Redis had forgotten, and whose repetition came to SQL first": {func(e *Evidence) {
			e.change("12", func(o *OrderRow) {
				o.Buyer, o.Key, o.Status, o.Reason, o.Moves = "alice", "", "failed", "duplicate_request: another", map[string]map[int]int64{}
			})
			e.Clicks[1].Buyer, e.Clicks[1].Key, e.RedisLosses = "alice", "k", []window{loss}
			e.Reads["12"], e.Events["12:failed"] = answer{HTTP: 200, Status: "failed", Reason: "duplicate_request: another"}, true
		}, ""},
		"told at once that it failed": {func(e *Evidence) {
			e.change("12", func(o *OrderRow) {
				o.Key, o.Status, o.Reason, o.Moves = "", "failed", "duplicate_request: another", map[string]map[int]int64{}
			})
			e.Plan.Ack, e.Clicks[1].HTTP, e.Clicks[1].Status, e.RedisLosses = ackSettled, 200, "failed", []window{loss}
			e.Reads["12"], e.Events["12:failed"] = answer{HTTP: 200, Status: "failed", Reason: "duplicate_request: another"}, true
		}, ""},
		"a repetition that failed": {func(e *Evidence) {
			e.change("12", func(o *OrderRow) { o.Buyer, o.Status, o.Reason = "alice", "failed", "duplicate_request: another" })
			e.Clicks[1].Buyer = "alice"
		}, oneClick},
		"admitted again while Redis had forgotten his other order": {func(e *Evidence) {
			e.change("12", func(o *OrderRow) {
				o.Buyer, o.Key, o.Status, o.Reason, o.Moves = "alice", "", "failed", "limit_exceeded: another", map[string]map[int]int64{}
			})
			e.Clicks[1].Buyer, e.Clicks[1].Key, e.RedisLosses = "alice", "", []window{loss}
			e.Reads["12"], e.Events["12:failed"] = answer{HTTP: 200, Status: "failed", Reason: "limit_exceeded: another"}, true
		}, ""},
		"admitted and then over the limit": {func(e *Evidence) {
			e.change("12", func(o *OrderRow) {
				o.Status, o.Reason, o.Moves = "failed", "limit_exceeded: another", map[string]map[int]int64{}
			})
			e.Reads["12"], e.Events["12:failed"] = answer{HTTP: 200, Status: "failed", Reason: "limit_exceeded: another"}, true
		}, nothingLost},
		"two orders of a key": {func(e *Evidence) { e.change("12", func(o *OrderRow) { o.Buyer = "alice" }) }, oneClick},
		"refused and alive": {func(e *Evidence) {
			e.change("12", func(o *OrderRow) { o.Buyer = "erin" })
		}, oneClick},
		"more than the limit": {func(e *Evidence) {
			for _, id := range []string{"12", "13"} {
				e.change(id, func(o *OrderRow) { o.Buyer, o.Stock = "mallory", stockReserved })
			}
		}, limitPerBuyer},
		"applied and not paid":            {func(e *Evidence) { e.change("11", func(o *OrderRow) { o.Status = "expired" }) }, money},
		"money taken, nothing recorded":   {func(e *Evidence) { e.State.Payments = e.State.Payments[:1] }, money},
		"money kept for an expired order": {func(e *Evidence) { e.State.Payments[1].Status = "succeeded" }, money},
		"paid twice and kept": {func(e *Evidence) {
			e.State.Payments = append(e.State.Payments, PaymentRow{ID: "pay-1b", Order: "11", Status: "succeeded"})
		}, money},
		"paid without goods":   {func(e *Evidence) { e.change("11", func(o *OrderRow) { o.Stock = stockReleased }) }, money},
		"refunded, still owed": {func(e *Evidence) { e.change("14", func(o *OrderRow) { o.Status = "refunded" }) }, money},
		"a wrong payment pays": {func(e *Evidence) {
			e.Callbacks[0].Genuine = false
			delete(e.Charges, "pay-1")
		}, money},
		"returned and kept": {func(e *Evidence) { e.Returned = map[string]int{"pay-1": 1} }, money},
		"returned twice": {func(e *Evidence) {
			e.Returned = map[string]int{"pay-4": 2}
			e.State.Payments[1].Status = "refunded"
		}, money},
		"admitted early":              {func(e *Evidence) { e.change("12", func(o *OrderRow) { o.Created = opens.Add(-time.Millisecond) }) }, nobodyEarly},
		"answered early":              {func(e *Evidence) { e.Clicks[0].Answered = opens.Add(-time.Millisecond) }, nobodyEarly},
		"the shop is not told":        {func(e *Evidence) { e.Told = maps.Clone(e.Events); delete(e.Told, "12:expired") }, events},
		"the shop is told an untruth": {func(e *Evidence) { e.Untrue = []string{"not signed"} }, events},
		"an event is missing":         {func(e *Evidence) { delete(e.Events, "12:expired") }, events},
		"an event was wiped":          {func(e *Evidence) { delete(e.Events, "12:expired"); e.RabbitLosses = []window{loss} }, ""},
		"nobody can buy":              {func(e *Evidence) { e.Probes = []string{"503"} }, goesOn},
		"a data race":                 {func(e *Evidence) { e.Complaints = []string{"DATA RACE"} }, noDefect},
		"stuck on the way to an offer": {func(e *Evidence) {
			e.State.Waiters = []WaiterRow{{Sale: "1", Buyer: "frank", SKU: "phone", Quantity: 1, Status: "offering", Order: "20"}}
		}, nothingLost},
		"offered an order that is not there": {func(e *Evidence) {
			e.State.Waiters = []WaiterRow{{Sale: "1", Buyer: "frank", SKU: "phone", Quantity: 1, Status: "offered", Order: "20"}}
		}, nothingLost},
		"offered another's order": {func(e *Evidence) {
			e.State.Waiters = []WaiterRow{{Sale: "1", Buyer: "frank", SKU: "phone", Quantity: 1, Status: "offered", Order: "12"}}
		}, nothingLost},
		"offered more than he waits for": {func(e *Evidence) {
			e.State.Waiters = []WaiterRow{{Sale: "1", Buyer: "bob", SKU: "phone", Quantity: 2, Status: "offered", Order: "12"}}
		}, nothingLost},
		"has left, and has an order": {func(e *Evidence) {
			e.State.Waiters = []WaiterRow{{Sale: "1", Buyer: "bob", SKU: "phone", Quantity: 1, Status: "left", Order: "12"}}
		}, nothingLost},
		"waits while units are there": {func(e *Evidence) {
			e.State.Waiters = []WaiterRow{{Sale: "1", Buyer: "frank", SKU: "phone", Quantity: 1, Status: "waiting", Order: "20"}}
		}, neverUndersold},
		"units that nobody can have":    {func(e *Evidence) { e.Redis["1"].Available["#waited:phone"] = 1 }, neverUndersold},
		"told of an offer that is gone": {func(e *Evidence) { e.Offers = []Offer{{"frank", "20"}} }, nothingLost},
		"offered, and expired": {func(e *Evidence) {
			e.State.Waiters = []WaiterRow{{Sale: "1", Buyer: "bob", SKU: "phone", Quantity: 1, Status: "offered", Order: "12"}}
			e.Offers = []Offer{{"bob", "12"}}
		}, ""},
		"a glimpse on the way": {func(e *Evidence) { e.Sampled = []Violation{{Promise: neverOversold}} }, neverOversold},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			e := scene()
			c.breaks(&e)
			var promises []string
			for _, v := range check(e) {
				promises = append(promises, v.Promise)
			}
			if c.want == "" {
				assert.Empty(t, promises)
			} else {
				assert.Contains(t, promises, c.want)
			}
		})
	}
}

// A late payment may take a unit again.
func TestAUnitThatIsTakenAgainAddsUp(t *testing.T) {
	e := scene()
	e.change("14", func(o *OrderRow) {
		o.Status, o.Stock = "paid", stockSold
		o.Moves["phone"] = map[int]int64{moveReserve: 1, moveRelease: 1, moveRetake: 1, moveConfirm: 1}
	})
	e.State.Payments[1].Status = "succeeded"
	e.State.Items[0].Sold++
	e.Redis["1"].Available["phone"]--
	e.Redis["1"].Orders["14"] = "k"
	e.Reads["14"] = answer{HTTP: 200, Status: "paid"}
	e.Events["14:paid"] = true
	require.Empty(t, check(e))
}

func TestTheStoryNamesSeedScheduleAndTheOrdersOwnHistory(t *testing.T) {
	h := &History{began: time.Now()}
	run := &Run{Plan: NewPlan(7), history: h}
	for i := range run.slots {
		run.slots[i] = &slot{name: slotName(i)}
	}
	h.note(faultWho, "", "something dies")
	h.note("alice", "11", "her order")
	h.note("bob", "12", "another's")
	run.slots[0].note(`{"msg":"settled","order_id":"11"}`)
	run.slots[1].note(`{"msg":"settled","order_id":"12"}`)
	story := run.story([]Violation{{Promise: nothingLost, Words: "order 11 is gone", Order: "11", Buyer: "alice"}})
	for _, want := range []string{"make chaos SEED=7", run.Plan.String(), "order 11 is gone", "something dies", "her order", `"order_id":"11"`} {
		assert.Contains(t, story, want)
	}
	assert.NotContains(t, story, "another's")
	assert.NotContains(t, story, `"order_id":"12"`)
}

func TestTheSummaryAddsUp(t *testing.T) {
	results := []Result{
		{Seed: 2, Version: "abc", Faults: map[string]int{"cut": 2}, Orders: map[string]int{"paid": 3, "lost": 1}, Accepted: 4, Broken: []string{"x"}},
		{Seed: 1, Version: "abc", Faults: map[string]int{"cut": 1, "slow": 1}, Orders: map[string]int{"paid": 5}, Accepted: 5},
	}
	text := Summary(results)
	for _, want := range []string{"2, seeds 1 to 2", "| abc |", "1: seeds 2", "4: cut 3, slow 1", "paid 8, lost 1", "| 9 |"} {
		assert.Contains(t, text, want, fmt.Sprint(text))
	}
}
