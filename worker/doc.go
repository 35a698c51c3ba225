// Package worker carries admitted orders from Redis into SQL, ends unpaid
// holds, gives their units back, and tells the shop's other systems what
// happened. Each agent is a loop in a file of its own:
//
//   - Relay: publishes the orders in the outbox (Redis) to the broker;
//   - Settler: consumes them, writes them to SQL, and clears the outbox;
//   - Expirer: ends holds that were not paid, by message and by sweep;
//   - Inquirer: asks the provider about payments that are open when a hold ends;
//   - Releaser: gives the units of orders that have ended back to Redis;
//   - Announcer: publishes the events in the event outbox (SQL) to the broker;
//   - Notifier: delivers events to the shop's endpoint (webhooks);
//   - PaymentSettler: turns the reserved units of paid orders into sold ones;
//   - Retaker: decides about late payments that a web process left undecided;
//   - Refunder: asks providers to return money that has to go back;
//   - Offerer: gives units that came back to those who wait for them;
//   - Usher: gives those who queue their turns, in the order of their places;
//   - Governor: limits the orders in flight to what is settled in time;
//   - AllotmentSettler: returns what closed sales did not sell to the shop's stock;
//   - StockExpirer: gives back what orders of the shop took and did not confirm;
//   - Recoverer: loads sales that Redis lost, and brings Redis in line with SQL;
//   - Unloader: closes sales that are over, and takes closed ones out of Redis;
//   - TrialRemover: removes rehearsals and the sales of load generators;
//   - Auditor: checks that no unit is missing, and none counted twice.
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
//
// Begin with relay.go and settler.go, the way of an order into SQL. loop.go has the
// loop of all agents, sole.go its form for one process at a time, order_consumer.go its
// form for a queue.
package worker
