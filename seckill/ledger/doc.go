// Package ledger keeps sales, orders, payments and the stock history in SQL:
// MySQL or MariaDB for real services, SQLite for the embedded mode. It is the
// arbiter of the sale: what Redis admitted fast is decided here for good.
//
// Invariants, each held by the statements themselves and not by who calls them:
//
//   - reserved + sold <= total for every item (a condition of every update, and
//     a CHECK of the table below it);
//   - an order's status changes by one conditional update, and only the
//     transaction that changed the row moves stock, writes the history and
//     announces it;
//   - each movement of stock of an order is written once in stock_history, in
//     the transaction that moved it, so the history adds up to the counters;
//   - the events of a transaction are committed with it, in event_outbox;
//   - every method may be called again after any failure: what was done before
//     is found, not repeated. ChangeTotal alone counts each call.
//
// Transactions lock orders before items, both in ascending order, so that two of
// them rarely deadlock; where they do, the one that the database rolls back is run
// again, a bounded number of times. A server that cannot be reached shows as
// seckill.CodeUnavailable. When a commit's answer was lost the error also is
// seckill.ErrOutcomeUnknown.
//
// Times are unix milliseconds in SQL and UTC in Go.
//
// The names of the files say which subject they are about:
//
//   - order_*: orders from settlement to their end. Begin with order_settle.go,
//     which records what Redis admitted, and order_transition.go, the one place
//     where a status changes after that.
//   - stock_*: the counters of items, their totals, and the history of what moved.
//   - payment_*: payments, what providers tell of them, refunds.
//   - waiter*: who waits for units of a sale that is sold out.
//   - queue*: the places of a sale's queue, and whose turn it is. Begin with queue_join.go.
//   - draw*: who entered a draw, what was committed to, and the ranks that came of it,
//     which go into the waitlist one after the other.
//   - sale_*: drafts, states, the log of who did what, a sale as it was at one moment.
//   - epoch*: what each load of a sale into Redis is told, and which orders it missed.
//   - event_*: the outbox of events, and their deliveries to the shop's endpoint.
//   - lease*: leases on work that must run once, and on worker numbers for ids.
//   - db_*: what is written and durable, and values as the drivers take them.
//
// Transactions are those of package database, migrations its folder schema.
package ledger
