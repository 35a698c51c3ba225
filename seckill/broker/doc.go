// Package broker carries messages between the processes: admitted orders to the
// settler, ended holds to the expirer, paid orders to the payment settler, and
// every event to the shop's other systems.
//
// Begin with broker.go, the interfaces that their users see; message.go says what a
// handler may answer for a message, topology.go which exchanges and queues there are.
// Package rabbit implements them on RabbitMQ, package memory inside one process, and
// package brokertest is the conformance suite that both pass.
//
// Invariants:
//
//   - what Publish returned nil for is in every queue that it was routed to, and
//     stays there until a consumer has acknowledged it;
//   - a message is delivered at least once: consumers are idempotent by
//     Message.ID or by what the body names;
//   - a message leaves a queue only when it was handled, or by going to QueueDead
//     with the reason; after a lost session or a stopped consumer it is redelivered;
//   - every queue, batch, window, retry and wait has a limit.
package broker
