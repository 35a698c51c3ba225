// Package seckill is the domain of a flash sale: what is on sale, who may buy
// it, which states a sale and an order go through, and which errors a person
// can meet on the way.
//
// It imports the standard library alone and does no I/O. The adapters (gate
// for Redis, ledger for SQL, broker for RabbitMQ, payment for providers) import
// it, never each other; package web and package worker join them.
//
// Invariants that hold for every value this package accepts:
//
//   - money is a non-negative integer in minor units, of one currency per sale;
//     every sum is checked for overflow;
//   - times are UTC with millisecond precision, since that is what Redis and
//     SQL keep;
//   - a status changes only along the transitions listed in state.go.
//
// Begin with sale.go and order.go: a Request for the items of a Sale becomes, once it is
// admitted, an Order.
package seckill
