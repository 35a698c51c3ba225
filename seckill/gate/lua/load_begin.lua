-- load_begin makes its caller the one loader of a sale that is not loaded, or not
-- to be relied on any more. The outbox stays: it may be all that is left of orders
-- that buyers were told of.
--
-- ARGV  1 token of the loader, 2 digest of the definition, 3 lease (ms), 4 the
--       epoch of the sale in SQL: a load with an older one was overtaken by a loader
--       that died or gave up, and nothing that rests on it counts in SQL
-- RETURNS  'begin'; 'same' or 'conflict' with the definition that is loaded;
--          'busy' another loader is at it
-- O(1), deleting goes on in the background

local token, digest, lease, epoch = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

local now = now_ms()
local m = redis.call('HMGET', meta, 'digest', 'loader', 'loader_until', 'epoch')
local stands_against = condition()
if not stands_against and tonumber(m[4]) >= epoch then return m[1] == digest and 'same' or 'conflict' end
if stands_against == 'loading' and m[2] ~= token and tonumber(m[3]) > now then return 'busy' end

redis.call('UNLINK', meta, stock, totals, buyers, orders, requests, ticket, inflight, released)
redis.call('HSET', meta, 'state', 'loading', 'loader', token,
  'loader_until', string.format('%.0f', now + lease))
return 'begin'
