-- load_part writes one part of a snapshot, if its caller still is the loader, and
-- renews its lease; without a part it does that alone.
--
-- ARGV  1 token of the loader, 2 lease (ms), 3 which of KEYS is the hash to write
--       to, then field and value pairs
-- RETURNS  1, or 0 when another loader has taken over
-- O(pairs)

local token, lease, target = ARGV[1], tonumber(ARGV[2]), KEYS[tonumber(ARGV[3])]

local m = redis.call('HMGET', meta, 'state', 'loader')
if m[1] ~= 'loading' or m[2] ~= token then return 0 end
if #ARGV > 3 then redis.call('HSET', target, unpack(ARGV, 4)) end
redis.call('HSET', meta, 'loader_until', string.format('%.0f', now_ms() + lease))
return 1
