// Package buyer serves the buyers' calls: what sales there are, the purchase, a buyer's
// orders with their payment, and the event streams of a sale and of an order.
//
// Invariants:
//
//   - the purchase asks no SQL where an admission is the answer (AckAdmitted): one share
//     of one call to Redis;
//   - a buyer sees and changes only orders of their own; another's is "not found", in
//     the same words and after the same questions;
//   - what is remembered of a sale is for looking at. The gate's script decides.
//
// It mounts itself at the buyers' door of package web. Operators see through it what
// buyers meet; see watched.go.
package buyer
