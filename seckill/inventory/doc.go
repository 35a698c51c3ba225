// Package inventory is the shop's stock of goods in SQL, from which ordinary orders
// sell and from which sales take what they sell: MySQL or MariaDB for real services,
// SQLite for the embedded mode.
//
// Of each goods, on hand = available + reserved + allotted, and sold is what has left.
// An order of the shop takes units with Sell (available → reserved); what it took is its
// deduction, which ends once: Confirm (reserved → sold) or Rollback (reserved →
// available).
//
// Invariants, each held by the statements themselves and not by who calls them:
//
//   - no counter falls below 0 (a condition of every update, and a CHECK of the table
//     below it), so nothing is oversold;
//   - a deduction is all of an order's lines or none, once for each order number: its
//     row is inserted, and changes its state, by one statement each, and only the
//     transaction whose statement took effect moves units;
//   - a Rollback for an order number that nobody has sold under leaves a mark, which is
//     the row that a later Sell would insert: so that Sell is refused, even where both
//     run at once;
//   - an import of many goods is all of its rows or none, once for each key, by the same
//     means;
//   - each movement is a row of the history, written in the transaction that moved it, so
//     the history adds up to the counters.
//
// Transactions lock the deduction, or the import, before the goods, and goods in
// ascending order, so that two of them rarely deadlock; where they do, the one that the
// database rolls back is run again, a bounded number of times.
//
// How Sell keeps what is available from being sold twice is a strategy, one file each
// (strategy_*.go); strategy.go tells which there are. Begin with sell.go.
package inventory
