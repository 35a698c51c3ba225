// Package payment speaks with payment providers: it verifies their callbacks
// and tells where a buyer goes to pay. It keeps nothing; what a callback leads
// to is decided by the ledger, in one SQL transaction.
//
// Invariants:
//
//   - nothing of a callback is read before its signature is proven;
//   - a signature counts for the provider's tolerance and no longer, in both
//     directions, by the clock passed in;
//   - a secret never appears in an error, a log line or an address.
package payment
