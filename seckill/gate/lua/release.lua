-- release gives the units of orders back, once for each order. One that is
-- released already changes nothing; one that is unknown took no units here, and
-- is noted as released, so that it takes none later; one whose units would push
-- available above the total is refused and stays held. What was released is
-- counted and noted, so that an audit can tell what came back since it looked.
--
-- A release that is not for good leaves units alone that were taken again since.
-- One for good gives back those too, and nothing can take them again then.
--
-- ARGV  1 '1' for good, else '0', 2 '1' to count it as the buyer's return, else '0',
--       then order ids
-- RETURNS  {condition}, or {'ok', epoch, how many were released, refused order
--          id, ...}
-- O(orders * lines)

-- NOTED bounds the list of released orders.
local NOTED = 10000

local for_good, counted = ARGV[1] == '1', ARGV[2] == '1'
local from, to = '^h', 'x'
if for_good then from, to = '^[hk]', 'z' end

local stands_against = condition()
if stands_against then return {stands_against} end

local now = now_ms()
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
  local text, buyer = value:match('^%a %d+ %d+ [^ ]+ ([^ ]+) (.*)$')
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
    local units, newest, returns = holding(redis.call('HGET', buyers, field))
    if counted then
      returns = string.format(' %d %d', tonumber(returns:match('^ (%d+)') or 0) + 1, now)
    end
    redis.call('HSET', buyers, field, math.max(tonumber(units) - l.quantity, 0) .. ' ' .. newest .. returns)
  end
  redis.call('HSET', orders, id, to .. value:sub(2))
  redis.call('LPUSH', released, id)
  return true
end

local reply = {'ok', redis.call('HGET', meta, 'epoch'), 0}
for i = 3, #ARGV do
  local value = redis.call('HGET', orders, ARGV[i])
  if not value then
    redis.call('HSET', orders, ARGV[i], to .. ' 0 0 ')
  elseif for_good and value:sub(1, 1) == 'x' then
    redis.call('HSET', orders, ARGV[i], to .. value:sub(2))
  elseif value:find(from) then
    if release(ARGV[i], value) then
      reply[3] = reply[3] + 1
    else
      reply[#reply + 1] = ARGV[i]
    end
  end
end
if reply[3] > 0 then
  redis.call('HINCRBY', meta, 'releases', reply[3])
  redis.call('LTRIM', released, 0, NOTED - 1)
end
return reply
