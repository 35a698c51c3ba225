// Package web is the HTTP side of the service: the public port and what all calls
// share. The calls themselves are the packages below it, each for whom it serves:
// web/buyer, web/operator, web/callback (payment providers) and web/rehearsal. They
// mount themselves at this package's doors, which keep out whom they should; it knows
// none of them, and they do not know each other. web/token tells buyers apart, web/ui
// are the pages and web/mockpay a stand-in for a payment provider. The operations port
// is here too.
//
// Invariants:
//
//   - every error leaves as application/problem+json with a code of the table
//     in problem.go, and tells nothing of the inside;
//   - a body is read only up to MaxBodyBytes, and every cache, stream and wait
//     has a bound;
//   - limits by address count the address that the connection, or a trusted proxy, tells,
//     never what the client says.
//
// Nothing of it needs the message broker: that is how orders are still taken while the
// broker is away.
package web
