-- set_total moves an item's total to a target, and available by the difference.
-- It never takes away more than is available, and leaves a newer total alone.
--
-- KEYS  meta stock totals
-- ARGV  1 sku, 2 total, 3 revision
-- RETURNS  {''} the sale is not loaded, {'loading'}, {'item'} not an item of the
--          sale, {'old'}, {'short', available} or {'ok'}
-- O(1)

local meta, stock, totals = KEYS[1], KEYS[2], KEYS[3]
local sku, total, revision = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local field = 'total_revision:' .. sku
local m = redis.call('HMGET', meta, 'state', field, 'loaded_revision', 'revision')
if not m[1] then return {''} end
if m[1] == 'loading' then return {'loading'} end
local old = redis.call('HGET', totals, sku)
if not old then return {'item'} end
if revision < tonumber(m[2] or m[3]) then return {'old'} end

local available = tonumber(redis.call('HGET', stock, sku))
local delta = total - tonumber(old)
if available + delta < 0 then return {'short', available} end
redis.call('HINCRBY', stock, sku, delta)
redis.call('HSET', totals, sku, ARGV[2])
redis.call('HSET', meta, field, ARGV[3])
if revision > tonumber(m[4]) then redis.call('HSET', meta, 'revision', ARGV[3]) end
return {'ok'}
