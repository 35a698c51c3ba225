// Package web is the HTTP side of the service: the buyers' API, the payment
// callback, the operators' API, the pages and the operations port.
//
// Invariants:
//
//   - every error leaves as application/problem+json with a code of the table
//     in problem.go, and tells nothing of the inside;
//   - a buyer sees and changes only orders of their own; another's is "not found";
//   - a body is read only up to MaxBodyBytes, and every cache, stream and wait
//     has a bound;
//   - a payment callback is answered 200 only after SQL has committed it;
//   - tokens come in the Authorization header alone, never in an address, so
//     that no log and no history keeps one.
//
// The package needs the gate (Redis) and the ledger (SQL), and never the
// message broker: that is how orders are still taken while the broker is away.
package web
