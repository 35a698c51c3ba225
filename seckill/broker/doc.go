// Package broker carries messages between the processes: admitted orders to the
// settler, ended holds to the expirer, paid orders to the payment settler, and
// every event to the shop's other systems.
//
// It holds the contract (broker.go), the words that a message and a verdict are
// made of, and the topology (topology.go). Package rabbit keeps the contract on
// RabbitMQ, package memory inside one process; package brokertest is the suite
// that both pass.
//
// Invariants:
//
//   - what Publish returned nil for is in every queue that it was routed to, and
//     stays there until a consumer has acknowledged it;
//   - a message is delivered at least once: consumers are idempotent by
//     Message.ID or by what the body names;
//   - a message leaves a queue only handled, or moved to QueueDead with the
//     reason; a lost session or a stopped consumer gives it back;
//   - every queue, batch, window, retry and wait has a limit.
package broker
