// Package operator serves the operators' calls: sales and their stock, what goes on in a
// sale and what went on in it, orders with their history, and what people have to look
// after (callbacks, refunds, dead letters).
//
// Invariants:
//
//   - what changes a sale is written to SQL, which is the truth, under the name of who
//     did it, and then to Redis, which acts on it; taking units off sale alone goes the
//     other way, as Redis alone knows what is left;
//   - all that changes something may be done again;
//   - however many dashboards watch a sale, it is read once.
//
// It mounts itself at the operators' door of package web, which lets in who shows the
// admin token. Numbers of refusals and latency are this process's own; all others are
// those of all processes.
package operator
