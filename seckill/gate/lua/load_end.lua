-- load_end opens a sale that is fully written: from now on it is bound to this
-- server. Whatever is in the outbox is given to the relay anew, since the one who
-- had it may be gone.
--
-- ARGV  1 token of the loader, 2 state, 3 highest ticket, 4 group of the outbox,
--       5 how long only orders that were lost are admitted (ms)
-- RETURNS  {1, server}, also when this loader ended it before; {0} when another
--          took over
-- O(entries of the outbox that were read and not settled)

local token, state, highest, group, again_for = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])

local m = redis.call('HMGET', meta, 'state', 'loader', 'loaded_by', 'server')
if m[1] and m[1] ~= 'loading' and m[3] == token then return {1, m[4]} end
if m[1] ~= 'loading' or m[2] ~= token then return {0} end

redis.call('SET', ticket, highest)
if redis.call('EXISTS', outbox) == 1 then redis.call('XGROUP', 'DESTROY', outbox, group) end
redis.call('XGROUP', 'CREATE', outbox, group, '0', 'MKSTREAM')
-- These hashes are never empty, so that a missing one shows.
redis.call('HSET', buyers, '#', '')
redis.call('HSET', orders, '#', '')
redis.call('HSET', requests, '#', '')
redis.call('HSETNX', inflight, '#orders', '0')
redis.call('HDEL', meta, 'loader', 'loader_until')
redis.call('HSET', meta, 'server', server(), 'loaded_by', token, 'releases', '0', 'moves', '0',
  'opens_at', again_for > 0 and string.format('%.0f', now_ms() + again_for) or '0', 'state', state)
return {1, server()}
