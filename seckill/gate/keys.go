package gate

import "github.com/seckill-go/seckill/seckill"

// keys names every key of one sale. They share the hash tag {<sale id>}.
type keys struct{ base string }

func (g *Gate) keys(sale seckill.ID) keys {
	return keys{base: g.cfg.Prefix + ":{" + sale.String() + "}:"}
}

// meta is a hash:
//
//	state                 of the sale; "loading" until all keys are written
//	loader, loader_until  who loads the sale, and when it counts as dead (ms)
//	epoch                 grows with every load; SQL gives it
//	server                which server the sale was loaded on, see prelude.lua
//	loaded_by             token of the loader that did it
//	opens_at              until then (ms) only orders that were lost get in; 0: at once
//	definition, digest    the sale as JSON, and what of it may never differ
//	starts_at, ends_at    the window (ms)
//	hold                  time to pay (ms)
//	limit:<sku>           units per buyer
//	last:<sku>            ticket of the newest order of the item
//	releases              how many orders were released since the load
//	moves                 how many orders were adopted, or taken again, since the
//	                      load
//	limit, settle_rate    most orders in flight, and the orders a second that it
//	                      was derived from; absent until they are measured
//	revision              newest revision of SQL that is known
//	loaded_revision, state_revision, total_revision:<sku>
//	                      revision that each target came with
func (k keys) meta() string { return k.base + "meta" }

// stock is a hash: sku → units available, and "#waited:<sku>" → a mark while somebody
// waits for the item; waited.go tells what for.
func (k keys) stock() string { return k.base + "stock" }

// totals is a hash: sku → units for sale in all.
func (k keys) totals() string { return k.base + "totals" }

// buyers is a hash: "<sku> <buyer>" → "<units held or bought> <newest order>", and
// " <how often units came back unpaid> <when last, ms>" where that is counted.
// A field stays when its units fall to 0, so that whoever had an order of the
// item is known. A SKU has no spaces. The field "#", here and in orders and
// requests, keeps the hash from being empty: one that is missing was lost.
func (k keys) buyers() string { return k.base + "buyers" }

// orders is a hash: order id → "<h|x|k|z> <ticket> <at ms> <order body>": held,
// released, held again, released for good. record.go tells what an order body is; the
// value of an order that was released before it was known has none. Ids of orders are
// short everywhere in Redis (seckill.ID.Short).
func (k keys) orders() string { return k.base + "orders" }

// requests is a hash: "<idempotency key> <buyer>" → order id, and
// " <epoch> <turn> <buyer>" → the order that a turn of the sale's queue has made. A key has
// no spaces.
func (k keys) requests() string { return k.base + "requests" }

// ticket is a number: the highest ticket given.
func (k keys) ticket() string { return k.base + "ticket" }

// outbox is a stream with the consumer group relayGroup. The fields of an entry
// are hold (ms), at (ms), epoch, units ("<sku>:<units>,..."), count, and orders: their
// lines, as seckill.OutboxEntry has them.
func (k keys) outbox() string { return k.base + "outbox" }

// inflight is a hash, kept in step with the outbox by the scripts that add and
// remove entries:
//
//	<sku>    units
//	#orders  orders
//	#newest  id of the newest entry
//	#since   since when (ms) settling lags; absent when nothing waits
//	#settled, #caught_up  how many orders were settled, and how often nothing
//	         waited any more, since the load
func (k keys) inflight() string { return k.base + "inflight" }

// released is a list: ids of released orders, the newest first. The length is
// bounded; meta counts them all.
func (k keys) released() string { return k.base + "released" }

// proof is never there: a write that needs it to be there proves that one would be
// taken, and changes nothing. A cluster has one beside each sale.
func (k keys) proof() string { return k.base + "proof" }

// proofKey is the same beside the index.
func (g *Gate) proofKey() string { return g.cfg.Prefix + ":proof" }

// all lists the sale's keys in the order in which every script takes them.
func (k keys) all() []string {
	return []string{k.meta(), k.stock(), k.totals(), k.buyers(), k.orders(), k.requests(),
		k.ticket(), k.outbox(), k.inflight(), k.released()}
}

// salesKey is a hash, the index of loaded sales: sale id →
// "<starts ms> <ends ms> <hold ms>".
func (g *Gate) salesKey() string { return g.cfg.Prefix + ":sales" }

// changesChannel carries what processes tell each other; changes.go tells how.
func (g *Gate) changesChannel() string { return g.cfg.Prefix + ":changes" }

// relayGroup is the consumer group that reads each outbox.
const relayGroup = "relay"
