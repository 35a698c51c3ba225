-- load_begin makes its caller the one loader of a sale that is not loaded. What
-- a loader that died left behind is deleted first.
--
-- KEYS  meta stock totals buyers orders requests ticket outbox inflight released
-- ARGV  1 token of the loader, 2 digest of the definition, 3 lease (ms)
-- RETURNS  'begin'; 'same' or 'conflict' with the definition that is loaded;
--          'busy' another loader is at it; 'outbox' orders of this sale that SQL
--          may not have are still in its outbox, so nothing may be deleted
-- O(1), deleting goes on in the background

local meta, outbox = KEYS[1], KEYS[8]
local token, digest, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local m = redis.call('HMGET', meta, 'state', 'digest', 'loader', 'loader_until')
if m[1] and m[1] ~= 'loading' then
  return m[2] == digest and 'same' or 'conflict'
end
if m[1] and m[3] ~= token and tonumber(m[4]) > now then return 'busy' end
if redis.call('EXISTS', outbox) == 1 and redis.call('XLEN', outbox) > 0 then return 'outbox' end

redis.call('UNLINK', unpack(KEYS))
redis.call('HSET', meta, 'state', 'loading', 'loader', token,
  'loader_until', string.format('%.0f', now + lease))
return 'begin'
