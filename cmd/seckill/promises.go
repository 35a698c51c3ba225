package main

import "github.com/seckill-go/seckill/web/operator"

// promises are what settings are worth, each in one sentence. The pages know the
// codes and have the sentences in other languages.
var promises = map[string]operator.Promise{
	"ack.settled":     {Text: "A buyer is told of an order when SQL has committed it: nothing but the loss of the SQL disk undoes it."},
	"ack.admitted":    {Text: "A buyer is told of an order when Redis has taken it: until SQL has it, it is as safe as Redis is."},
	"redis.embedded":  {Text: "It is memory of this process: it is loaded from SQL again at each start, and orders on their way to SQL end with it.", Weak: true},
	"redis.always":    {Text: "Every write is on disk before it is answered: a power cut of the Redis machine loses no order."},
	"redis.everysec":  {Text: "A power cut of the Redis machine loses up to its last second of orders that were not in SQL yet; the web processes hand them in again.", Weak: true},
	"redis.none":      {Text: "Nothing is on disk in time: a restart of Redis loses the orders that were not in SQL yet. Turn on AOF.", Weak: true},
	"redis.unknown":   {Text: "Redis does not let this user read its settings, so nothing can be said of what a restart loses.", Weak: true},
	"redis.evicts":    {Text: "Redis may drop keys when its memory is full, and a sale with them. Set maxmemory-policy to noeviction.", Weak: true},
	"sql.durable":     {Text: "A commit is on disk before it is answered: a power cut loses no recorded order."},
	"sql.lossy":       {Text: "A commit may be answered before it is on disk: a power cut can lose recorded orders. Set innodb_flush_log_at_trx_commit and sync_binlog to 1.", Weak: true},
	"broker.quorum":   {Text: "Quorum queues with publisher confirms. Losing all of it loses no order: Redis keeps each one until SQL has it."},
	"broker.embedded": {Text: "It is memory of this process. Losing it loses no order: what is not in SQL yet is published again, and holds are ended by a sweep."},
	"broker.none":     {Text: "This web process has no connection to RabbitMQ and needs none; the workers have."},
}

func promise(code string) operator.Promise {
	p := promises[code]
	p.Code = code
	return p
}
