-- load_end puts a sale that is fully written into its state.
--
-- KEYS  meta ticket outbox
-- ARGV  1 token of the loader, 2 state, 3 highest ticket, 4 group of the outbox
-- RETURNS  1, also when this loader ended it before; 0 when another took over
-- O(1)

local meta, ticket, outbox = KEYS[1], KEYS[2], KEYS[3]
local token, state, highest, group = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local m = redis.call('HMGET', meta, 'state', 'loader', 'epoch')
if m[1] and m[1] ~= 'loading' and m[3] == token then return 1 end
if m[1] ~= 'loading' or m[2] ~= token then return 0 end
redis.call('SET', ticket, highest)
redis.call('XGROUP', 'CREATE', outbox, group, '0', 'MKSTREAM')
redis.call('HDEL', meta, 'loader', 'loader_until')
redis.call('HSET', meta, 'state', state)
return 1
