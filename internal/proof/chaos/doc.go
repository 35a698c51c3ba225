// Package chaos runs whole installations of seckill on real servers, lets buyers
// buy, pay, cancel and leave while processes, servers and connections die, and
// then checks every promise of the service against what SQL, Redis and the
// buyers themselves say. docs/chaos.md tells how to run it and how to read it.
//
// A run has one number, its seed. Everything that is drawn, who buys what and
// when and which fault strikes whom and when, is drawn from the seed before the
// run starts, so that a seed that broke a promise can be run again. What the
// machine makes of it (which request is under way when a process dies) differs
// from run to run.
//
// The checker shares no code with the service: it reads the tables, the keys and
// the answers by itself. Of the service the harness knows the list of its fault
// points, and how to start it; and what is published of a draw is also given to the
// checker that everybody has (package proof), which shares no code with it either.
package chaos
