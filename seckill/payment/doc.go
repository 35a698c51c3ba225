// Package payment is for payment providers: it verifies their callbacks, makes the
// address at which a buyer pays, asks a provider about a payment, and has money
// returned. It stores nothing; what a callback leads to is decided by the ledger, in
// one SQL transaction.
//
// Begin with provider.go, the interface. The files standard*.go are the built-in
// provider, which speaks Standard Webhooks.
//
// Invariants:
//
//   - nothing of a callback is read before its signature is proven;
//   - a signature is valid while its timestamp is within the provider's tolerance of
//     now, earlier or later, by the clock that is passed in;
//   - a secret never appears in an error, a log line or an address.
package payment
