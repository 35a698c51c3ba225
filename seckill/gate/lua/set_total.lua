-- set_total moves an item's total to a target, and available by the difference.
-- It never takes away more than is available, and leaves a newer total alone.
--
-- ARGV  1 sku, 2 total, 3 revision
-- RETURNS  {condition}, {'item'} not an item of the sale, {'old'}, {'short',
--          available} or {'ok'}
-- O(1)

local sku, total, revision = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local field = 'total_revision:' .. sku
local stands_against = condition()
if stands_against then return {stands_against} end
local m = redis.call('HMGET', meta, field, 'loaded_revision', 'revision')
local old = redis.call('HGET', totals, sku)
if not old then return {'item'} end
if revision < tonumber(m[1] or m[2]) then return {'old'} end

local available = tonumber(redis.call('HGET', stock, sku))
local delta = total - tonumber(old)
if delta < 0 and available + delta < 0 then return {'short', available} end
redis.call('HINCRBY', stock, sku, delta)
redis.call('HSET', totals, sku, ARGV[2])
redis.call('HSET', meta, field, ARGV[3])
if revision > tonumber(m[3]) then redis.call('HSET', meta, 'revision', ARGV[3]) end
return {'ok'}
