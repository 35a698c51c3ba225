// Package worker carries admitted orders from Redis into SQL, ends unpaid
// holds, gives their units back, and tells the shop's other systems what
// happened. Each agent is one loop in one file:
//
//   - Relay: outbox (Redis) → broker;
//   - Settler: broker → SQL, then clears the outbox;
//   - Expirer: ends holds that were not paid, by message and by sweep;
//   - Inquirer: asks the provider about payments that are open when a hold ends;
//   - Releaser: gives ended orders' units back to Redis;
//   - Announcer: events (SQL) → broker;
//   - PaymentSettler: turns the reserved units of paid orders into sold ones;
//   - Retaker: decides about late payments that a web process left undecided;
//   - Refunder: has money go back that must not be kept;
//   - Governor: limits what is admitted to what can be settled in time;
//   - Recoverer: brings Redis in line with SQL;
//   - Unloader: closes sales that are over, and takes closed ones out of Redis;
//   - Auditor: checks that no unit is missing or double.
//
// Invariants:
//
//   - agents share nothing but Redis, the broker and SQL, so any number of
//     workers may run and any may die at any instruction;
//   - every step may be repeated: a message is acknowledged, an outbox entry
//     removed and an event deleted only after what it asks for is durable;
//   - a service that is away is waited for; it uses up no message's attempts.
//
// A Run returns nil when its context ends, and otherwise keeps trying.
package worker
