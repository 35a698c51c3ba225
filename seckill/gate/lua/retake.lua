-- retake takes the units of an order again that had ended and was paid after all:
-- all of its lines or none, and none with which its buyer would have more than the
-- limit. One that still holds them keeps them, as they are counted. What is taken
-- again is not given back by a release of before, only by one for good.
--
-- ARGV  1 order id, 2 ticket, 3 admitted at (ms), 4 idempotency key or '', 5 order
--       body
-- RETURNS  {condition}, or {'taken', epoch}, also when it was before, {'limit',
--          epoch} its buyer has too many without it, or {'none', epoch}
-- O(lines)

local id, number, at, key, body = unpack(ARGV)

local stands_against = condition()
if stands_against then return {stands_against} end
local epoch = redis.call('HGET', meta, 'epoch')

local value = redis.call('HGET', orders, id)
local letter = value and value:sub(1, 1)
if letter == 'k' then return {'taken', epoch} end
if letter == 'z' then return {'none', epoch} end
if letter == 'h' then
  redis.call('HSET', orders, id, 'k' .. value:sub(2))
  return {'taken', epoch}
end

local text, buyer = body:match('^[^ ]+ ([^ ]+) (.*)$')
local lines, short = {}, false
for sku, quantity in text:gmatch('([^:,]+):(%d+):%d+') do
  local field = sku .. ' ' .. buyer
  local units, newest, returns = holding(redis.call('HGET', buyers, field))
  local l = {sku = sku, quantity = quantity, field = field, units = units + quantity, newest = newest, returns = returns}
  if l.units > tonumber(redis.call('HGET', meta, 'limit:' .. sku) or 0) then return {'limit', epoch} end
  short = short or tonumber(redis.call('HGET', stock, sku) or 0) < tonumber(quantity)
  lines[#lines + 1] = l
end
if short then return {'none', epoch} end
for _, l in ipairs(lines) do
  redis.call('HINCRBY', stock, l.sku, -l.quantity)
  if l.newest == '' then
    l.newest = id
    -- Whoever remembers the buyers of this item has to look again.
    redis.call('HSET', meta, 'last:' .. l.sku, 'retaken:' .. id)
  end
  redis.call('HSET', buyers, l.field, string.format('%.0f', l.units) .. ' ' .. l.newest .. l.returns)
end
redis.call('HSET', orders, id, 'k ' .. number .. ' ' .. at .. ' ' .. body)
if key ~= '' then redis.call('HSETNX', requests, key .. ' ' .. buyer, id) end
redis.call('HINCRBY', meta, 'moves', 1)
local highest = math.max(tonumber(redis.call('GET', ticket)), tonumber(number))
redis.call('SET', ticket, string.format('%.0f', highest))
return {'taken', epoch}
