package worker

import (
	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/seckill-go/seckill/internal/proof/model"
	"github.com/seckill-go/seckill/seckill"
)

// keyNames are the keys of a sale that it cannot do without.
var keyNames = []string{"outbox", "orders", "stock", "meta", "requests", "buyers", "ticket", "totals", "inflight"}

const salesIndex = "seckill:sales"

func keyOf(name string) string { return "seckill:{" + theSale.String() + "}:" + name }

// losses are the ways in which Redis can lose what it had, with orders in flight,
// while all other processes live on, and the messages too.
var losses = []string{"everything", "a key", "its identity", "its last moments"}

// endOfProcess is the one process of the embedded mode killed, Redis and broker in it.
const endOfProcess = "process"

func (s *shop) lose(rt *rapid.T) {
	s.operations++
	if rapid.Bool().Draw(rt, "all published") {
		for s.relayAll() {
		}
	}
	s.loseBy(rt, rapid.SampledFrom(append(losses, endOfProcess)).Draw(rt, "loss"))
	after := rapid.SampledFrom(restorations).Draw(rt, "restored")
	if after == restoredLater {
		return
	}
	s.noError(s.recover(), "recover")
	switch after {
	case restoredWithLost:
		s.handIn(rt)
	case restoredThenSettled:
		if owed := s.bag.settle.unacknowledged(); len(owed) > 0 {
			s.handleSettle(owed)
		}
	case restoredThenCrowded:
		s.crowd()
		s.handIn(rt)
	}
}

// What follows on a loss.
const (
	restoredLater       = "later"
	restored            = "at once"
	restoredWithLost    = "at once, and what was lost handed in"
	restoredThenSettled = "at once, and then what was published is settled"
	restoredThenCrowded = "at once, and others come before what was lost"
)

var restorations = []string{restoredLater, restored, restoredWithLost, restoredThenSettled, restoredThenCrowded}

// crowd is so many buyers that nothing is left for those whose orders were lost.
func (s *shop) crowd() {
	s.advance(s.model.LostFirst)
	for _, it := range s.model.Sale.Items {
		for n := int64(0); n < it.Total; n += it.LimitPerBuyer {
			lines := []seckill.Line{{SKU: it.SKU, Quantity: it.LimitPerBuyer}}
			r, err := seckill.NewRequest(&s.model.Sale, s.newID(), "one of a crowd "+s.lastID.String(), "", lines)
			s.noError(err, "a request")
			s.ask(r)
		}
	}
}

func (s *shop) loseBy(rt *rapid.T, loss string) {
	switch loss {
	case "everything":
		s.deleteKeys(append(allKeys(), salesIndex)...)
		s.model.Lose()
	case "a key":
		name := rapid.SampledFrom(keyNames).Draw(rt, "key")
		s.deleteKeys(keyOf(name))
		s.model.LoseKey(name)
	case "its identity":
		s.replace()
	case "its last moments":
		s.goBack()
	case endOfProcess:
		s.restartEmbedded()
	}
}

// loseMeanwhile is a loss while somebody is at work. Between two commands of a loader
// it would lose keys that are half written, which nobody could notice.
func (s *shop) loseMeanwhile(rt *rapid.T) {
	if !s.betweenCommands {
		s.loseBy(rt, rapid.SampledFrom(losses).Draw(rt, "loss"))
	}
}

// loseAndRestore is a loss that is over before whoever is at work notices.
func (s *shop) loseAndRestore(rt *rapid.T) {
	s.loseMeanwhile(rt)
	s.mayConflict(s.recover(), "recover")
}

func allKeys() (keys []string) {
	for _, name := range keyNames {
		keys = append(keys, keyOf(name))
	}
	return append(keys, keyOf("released"))
}

func (s *shop) deleteKeys(keys ...string) {
	s.noError(s.client.Del(s.ctx, keys...).Err(), "delete keys")
}

// replace makes the server another one than that on which the sale was loaded.
func (s *shop) replace() {
	if s.model.Refusal() == seckill.CodeNotFound {
		return
	}
	s.noError(s.client.HSet(s.ctx, keyOf("meta"), "server", "the one before").Err(), "replace the server")
	s.model.Replace()
}

// redisCopy is what Redis had at a time, and the model with it.
type redisCopy struct {
	hashes map[string]map[string]string
	ticket string
	stream []redis.XMessage
	group  bool
	list   []string
	model  model.Copy
}

func (s *shop) copyRedis(*rapid.T) {
	s.operations++
	c := &redisCopy{hashes: map[string]map[string]string{}, model: s.model.Copy()}
	for _, key := range append(allKeys(), salesIndex) {
		var err error
		switch key {
		case keyOf("ticket"):
			if c.ticket, err = s.client.Get(s.ctx, key).Result(); err == redis.Nil {
				err = nil
			}
		case keyOf("released"):
			c.list, err = s.client.LRange(s.ctx, key, 0, -1).Result()
		case keyOf("outbox"):
			var exists int64
			exists, err = s.client.Exists(s.ctx, key).Result()
			s.noError(err, "look for the outbox")
			c.group = exists > 0
			c.stream, err = s.client.XRange(s.ctx, key, "-", "+").Result()
		default:
			c.hashes[key], err = s.client.HGetAll(s.ctx, key).Result()
		}
		s.noError(err, "copy %s", key)
	}
	s.copy = c
}

// goBack is Redis started again without what it was told since the last copy.
func (s *shop) goBack() {
	if s.copy == nil {
		s.replace()
		return
	}
	c := s.copy
	s.deleteKeys(append(allKeys(), salesIndex)...)
	do := func(args ...any) { s.noError(s.client.Do(s.ctx, args...).Err(), "restore %v", args) }
	for key, hash := range c.hashes {
		if len(hash) > 0 {
			s.noError(s.client.HSet(s.ctx, key, hash).Err(), "restore %s", key)
		}
	}
	if c.ticket != "" {
		do("SET", keyOf("ticket"), c.ticket)
	}
	if len(c.list) > 0 {
		s.noError(s.client.RPush(s.ctx, keyOf("released"), c.list).Err(), "restore the released")
	}
	if c.group {
		do("XGROUP", "CREATE", keyOf("outbox"), "relay", "0", "MKSTREAM")
	}
	for _, m := range c.stream {
		err := s.client.XAdd(s.ctx, &redis.XAddArgs{Stream: keyOf("outbox"), ID: m.ID, Values: m.Values}).Err()
		s.noError(err, "restore entry %s", m.ID)
	}
	s.model.GoBack(c.model)
	s.replace()
}
