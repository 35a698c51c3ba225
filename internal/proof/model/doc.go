// Package model is the whole service as a few pure functions: a sale, its
// stock, its orders and their payments, without Redis, SQL, a broker or time of
// its own. The real code must agree with it after every sequence of operations;
// package worker's TestTheServiceAgreesWithItsModel holds the two together.
//
// The model keeps each order once, and for it where each side believes its
// units to be: Redis (Held, InOutbox) and SQL (Status, Stock). All counters are
// sums over the orders, so in the model itself no unit can be lost; a counter
// of the real code that differs from the sum has lost one.
//
// A method that is told of a step which no promise allows, such as clearing an
// outbox entry before SQL has its orders, returns an error that names the
// promise.
package model
