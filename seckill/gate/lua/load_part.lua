-- load_part writes one part of a snapshot, if its caller still is the loader.
--
-- KEYS  meta, the hash to write to
-- ARGV  1 token of the loader, 2 lease (ms), then field and value pairs
-- RETURNS  1, or 0 when another loader has taken over
-- O(pairs)

local meta, target = KEYS[1], KEYS[2]
local token, lease = ARGV[1], tonumber(ARGV[2])

local m = redis.call('HMGET', meta, 'state', 'loader')
if m[1] ~= 'loading' or m[2] ~= token then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', target, unpack(ARGV, 3))
redis.call('HSET', meta, 'loader_until', string.format('%.0f', now + lease))
return 1
