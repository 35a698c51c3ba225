// Package lock gives a lock by name to one holder at a time, over one Redis or a majority
// of several that have nothing to do with each other, and with it a fence: a number that
// grows with each holder.
//
//	held, err := locks.Acquire(ctx, "goods:phone-1")
//	if err != nil { ... }
//	defer held.Release(ctx)
//	// UPDATE goods SET on_hand = on_hand - 1, fence = ? WHERE id = ? AND fence <= ? AND on_hand >= 1
//	tx.ExecContext(held.Context(), ..., held.Fence(), id, held.Fence())
//
// # What it promises, and what only the fence does
//
// The lock saves work: nearly always one holder is at a thing, and others wait instead of
// failing. It cannot promise that there are never two. A holder may be stopped after it has
// looked whether it still holds (a full processor, a sleeping machine, a write that the
// network holds back) and go on when the lock is another's; a clock of a Redis may jump; a
// promoted replica may not know the lock. No lock that ends by itself can do better.
//
// The fence can, if what is protected helps: it keeps the highest number that it saw, in
// the row itself, and refuses lower ones in the statement that writes. Then a holder who
// slept cannot write once its successor has. Whoever reads before it writes has to bring
// its number into the row before it reads; else the old holder writes in between, which
// the number in the row does not forbid yet. What has no such row (a mail, a call to
// another service) is not protected against a holder who slept, by this or any lock.
//
// # How it works
//
// A holder has a random token on a majority of the nodes, each set if nobody's is there, and
// given back or extended by scripts that compare it. It relies on the lock for the TTL
// counted from before the first call, less what two clocks may run apart. A watchdog extends
// it from a third of the TTL on, again and again while nodes fail, up to the longest hold.
// A node that did not grant it, or forgot it, is not asked to have it later: so a hold bears
// fewer losses the longer it lasts, and none is meant to outlast the restart of all nodes.
// What fails is given back on every node that may have granted it, after the call for it
// is over there.
//
// The holder's context ends, with the cause, at once when so many nodes say that the token is
// gone that no majority is left; and when what it may rely on runs out, by this process's
// own clock, whether or not Redis can be reached. Until then nobody else can get the lock,
// so nodes that cannot be reached are no reason to stop before. Held.Err and the context's
// Err look at the clock themselves: a process that was stopped knows at the first look.
// The clock is the monotonic one of the process and no setting; it stands while the whole
// machine sleeps, where again only the fence helps.
//
// A node does not vote for one TTL (Config.StayOut) from when it is first seen new, started
// again, promoted or emptied: by then whoever it forgot has ended or has been extended
// without it. A new installation therefore waits once. It is seen by a note beside the
// locks, with the server's run id. A cluster, as a single node, has no such place for each
// of its servers: there a restart is seen by the server's age, a failover not at all. Any
// node goes by its own clock; it must not evict keys.
//
// # Why the fence grows
//
// Each node keeps, for each name, the highest number that it knows of, for good. With
// the lock it gives a number above that; the fence is the highest number of a majority,
// and is written back to a majority of those who gave one, where the token still stands,
// before the lock counts as held. Two holders have both done that on some node that the
// two majorities share. There one had the lock before the other, number and all, so the
// later one was given a higher number. On one node a single script does all of it. INCR on
// each node by itself would not do: a majority that slept through some holders counts on
// from where it was.
//
// A node that lost its data breaks this, even after it stayed out, if it was the shared one. So no
// number is below the node's clock in microseconds. A node votes again one TTL after it
// lost its counter, so what it gives then is above all that was given before the loss, if
// the nodes' clocks differ by less than the TTL; this holds when all nodes lose everything,
// too. Where clocks are further apart as well, the number may go back; then the row refuses
// the new holder, who says so with Above and the row's number. It errs towards refusing: a
// row never takes a lower number than it has.
//
// # Why not go-redsync
//
// It has token, majority, drift and jitter, and no fence, no watchdog and no node that
// stays out; all three belong into its scripts or between them, where it has no place for
// them. It uses one token for all tries, so that a late release of one can undo the next;
// it gives back under the caller's context, so not at all once that has ended; and it does
// not wait for the calls that its fast mode cuts short, which may arrive after the release.
//
// Begin with acquire.go and lua/acquire.lua, then held.go.
package lock
