-- adopt takes the units of orders that SQL has and that this load of the sale did
-- not know of, once for each order: they were settled from messages whose outbox
-- entries are lost. available may fall below 0, until some of the orders admitted
-- since are refused by SQL and give their units back.
--
-- ARGV  for each order: id, ticket, admitted at (ms), idempotency key or '', order
--       body
-- RETURNS  {condition}, or {'ok', how many were adopted}
-- O(orders * lines)

local WIDTH = 5

local stands_against = condition()
if stands_against then return {stands_against} end

local adopted = 0
local highest = tonumber(redis.call('GET', ticket))
for i = 1, #ARGV, WIDTH do
  local id, number, at, key, body = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  if redis.call('HEXISTS', orders, id) == 0 then
    local lines, buyer = body:match('^[^ ]+ ([^ ]+) (.*)$')
    for sku, quantity in lines:gmatch('([^:,]+):(%d+):%d+') do
      redis.call('HINCRBY', stock, sku, -quantity)
      local field = sku .. ' ' .. buyer
      local units, _, returns = holding(redis.call('HGET', buyers, field))
      redis.call('HSET', buyers, field, (units + quantity) .. ' ' .. id .. returns)
      -- Whoever remembers the buyers of this item has to look again.
      redis.call('HSET', meta, 'last:' .. sku, 'adopted:' .. id)
    end
    redis.call('HSET', orders, id, 'h ' .. number .. ' ' .. at .. ' ' .. body)
    if key ~= '' then redis.call('HSETNX', requests, key .. ' ' .. buyer, id) end
    highest = math.max(highest, tonumber(number))
    adopted = adopted + 1
  end
end
if adopted > 0 then
  redis.call('HINCRBY', meta, 'moves', adopted)
  redis.call('SET', ticket, string.format('%.0f', highest))
end
return {'ok', adopted}
