-- set_limit sets how many orders of the sale may be in flight. It decides nothing
-- about units, so a sale that is fenced is no hindrance: its load forgets it.
--
-- ARGV  1 limit, 2 settled orders a second that it was derived from
-- RETURNS  '' the sale is not loaded, 'loading' or 'ok'
-- O(1)

local limit, rate = ARGV[1], ARGV[2]

local state = redis.call('HGET', meta, 'state')
if not state then return '' end
if state == 'loading' then return 'loading' end
redis.call('HSET', meta, 'limit', limit, 'settle_rate', rate)
return 'ok'
