-- set_waited notes that somebody waits for an item, so that its units are sold to
-- nobody else, or that nobody does any more. It decides nothing about units, so a sale
-- that is fenced is no hindrance: its load notes it anew.
--
-- ARGV  1 sku, 2 '' to note it, else the mark that it must still have to be taken away:
--       whoever came since has changed it
-- RETURNS  '' the sale is not loaded, 'loading', 'item' not an item of the sale, 'ok',
--          or 'other' when it has another mark
-- O(1)

local sku, mark = ARGV[1], ARGV[2]

local state = redis.call('HGET', meta, 'state')
if not state then return '' end
if state == 'loading' then return 'loading' end
if redis.call('HEXISTS', stock, sku) == 0 then return 'item' end
local field = '#waited:' .. sku
if mark == '' then
  redis.call('HINCRBY', stock, field, 1)
  return 'ok'
end
if redis.call('HGET', stock, field) ~= mark then return 'other' end
redis.call('HDEL', stock, field)
return 'ok'
