// Package gate decides in Redis who gets in: it admits orders, holds their
// units, gives them back, and keeps the exact list of what is admitted and not
// in SQL yet, the outbox.
//
// Invariants:
//
//   - All that one verb changes is changed by one script call, so a process can
//     die anywhere. All keys of a sale share one Cluster slot.
//   - total = available + units of the orders in state "h" (held), for each
//     item. Units in flight are those of the orders in the outbox's entries.
//   - An order id is admitted once and released once, however often a script is
//     sent: every script may be repeated. An idempotency key of a buyer stands
//     for one order for as long as the sale is loaded.
//   - Redis's clock alone opens and closes a sale and stamps its orders.
//   - A state or a total is a target that carries SQL's revision; Redis keeps
//     the newest, in whatever order they come.
//   - A sale that is being loaded admits nobody and releases nothing.
//
// What can go wrong: a call whose answer got lost is sent once more, and the
// script answers with the order if the first call admitted it. When that answer
// is lost too, the caller gets seckill.ErrOutcomeUnknown: the buyer's way out is
// the same idempotency key. A call that reaches Redis after all that still takes
// effect; an order that nobody was told of ends with its hold.
//
// Requests for one sale that wait together go in one call (admit.go). What
// is sold out is remembered for a bounded time and answered without Redis
// (soldout.go), except to buyers who already have an order of that item.
//
// Run listens to what other processes did; without it everything works, and
// what this process remembers is stale for up to twice SoldOutTTL.
//
// Begin with keys.go, which says what Redis keeps of a sale, and admit.go with
// lua/admit.lua. load.go writes a sale into Redis, also after Redis lost it.
package gate
