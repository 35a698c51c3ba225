-- release gives the units of orders back, once for each order. An order that is
-- unknown or released already changes nothing; one whose units would push
-- available above the total is refused and stays held. What was released is
-- counted and noted, so that an audit can tell what came back since it looked.
--
-- KEYS  meta stock totals buyers orders released
-- ARGV  order ids
-- RETURNS  {''} the sale is not loaded, {'loading'} it is being loaded, or
--          {'ok', how many were released, refused order id, ...}
-- O(orders * lines)

local meta, stock, totals, buyers, orders, released =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]

-- NOTED bounds the list of released orders.
local NOTED = 10000

local state = redis.call('HGET', meta, 'state')
if not state then return {''} end
if state == 'loading' then return {'loading'} end

local items = {}
local function item(sku)
  if not items[sku] then
    items[sku] = {
      available = tonumber(redis.call('HGET', stock, sku) or 0),
      total = tonumber(redis.call('HGET', totals, sku) or 0),
    }
  end
  return items[sku]
end

local function release(id, value)
  local text, buyer = value:match('^h %d+ %d+ [^ ]+ ([^ ]+) (.*)$')
  local lines = {}
  for sku, quantity in text:gmatch('([^:,]+):(%d+):%d+') do
    lines[#lines + 1] = {sku = sku, quantity = tonumber(quantity)}
    local it = item(sku)
    if it.available + tonumber(quantity) > it.total then return false end
  end
  for _, l in ipairs(lines) do
    local it = item(l.sku)
    it.available = it.available + l.quantity
    redis.call('HINCRBY', stock, l.sku, l.quantity)
    local field = l.sku .. ' ' .. buyer
    local units, newest = (redis.call('HGET', buyers, field) or '0 '):match('^(%d+) (%d*)$')
    redis.call('HSET', buyers, field, math.max(tonumber(units) - l.quantity, 0) .. ' ' .. newest)
  end
  redis.call('HSET', orders, id, 'x' .. value:sub(2))
  redis.call('LPUSH', released, id)
  return true
end

local reply = {'ok', 0}
for i = 1, #ARGV do
  local value = redis.call('HGET', orders, ARGV[i])
  if value and value:sub(1, 1) == 'h' then
    if release(ARGV[i], value) then
      reply[2] = reply[2] + 1
    else
      reply[#reply + 1] = ARGV[i]
    end
  end
end
if reply[2] > 0 then
  redis.call('HINCRBY', meta, 'releases', reply[2])
  redis.call('LTRIM', released, 0, NOTED - 1)
end
return reply
