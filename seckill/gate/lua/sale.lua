-- sale reads a sale's definition and totals at one moment, in one command: each web
-- process asks once a second for as long as anybody buys.
--
-- RETURNS  {state, definition, revision, epoch, {sku, total, ...}}; state is nil when
--          the sale is not loaded
-- O(items)

local m = redis.call('HMGET', meta, 'state', 'definition', 'revision', 'epoch')
return {m[1], m[2], m[3], m[4], redis.call('HGETALL', totals)}
