-- queued finds an order that SQL may not have yet.
--
-- ARGV  1 order id
-- RETURNS  {condition}, {'unknown'}, {'reopening'} it is unknown, but orders that
--          were lost are just being taken up again, or {'ok', value, hold (ms)}
-- O(1)

local stands_against = condition()
if stands_against then return {stands_against} end
local value = redis.call('HGET', orders, ARGV[1])
local m = redis.call('HMGET', meta, 'hold', 'opens_at')
if value then return {'ok', value, m[1]} end
-- The processes that accepted the order hand it in before opens_at, and may take
-- a moment more until they have the answer.
local MOMENT = 1000
if now_ms() < tonumber(m[2]) + MOMENT then return {'reopening'} end
return {'unknown'}
