-- settled removes outbox entries whose orders SQL has committed, and lowers the
-- counters in flight by what they held. An entry that is gone already changes
-- nothing.
--
-- '#since' ages the oldest wait: it is the time of the newest settled entry, and
-- is absent when the newest entry of all is settled. One old entry that keeps
-- failing thus does not make the whole sale look stuck.
--
-- '#settled' counts orders and '#caught_up' how often the newest entry of all was
-- settled; both only grow. Whoever reads them twice knows how fast settling is,
-- and whether it had work all the time between.
--
-- KEYS  outbox inflight
-- ARGV  1 group, then entry ids
-- RETURNS  how many entries were removed now
-- O(orders in the entries)

local outbox, inflight = KEYS[1], KEYS[2]
local group = ARGV[1]

local removed, orders, taken = 0, 0, {}
local since = tonumber(redis.call('HGET', inflight, '#since') or 0)
local newest = redis.call('HGET', inflight, '#newest')
local caught_up = false

for i = 2, #ARGV do
  local id = ARGV[i]
  local entry = redis.call('XRANGE', outbox, id, id)[1]
  redis.call('XACK', outbox, group, id)
  if entry then
    redis.call('XDEL', outbox, id)
    removed = removed + 1
    local fields = entry[2]
    local at
    for f = 1, #fields, 2 do
      local name, value = fields[f], fields[f + 1]
      if name == 'units' then
        for sku, units in value:gmatch('([^:,]+):(%d+)') do
          taken[sku] = (taken[sku] or 0) + tonumber(units)
        end
      elseif name == 'at' then
        at = tonumber(value)
      elseif name ~= 'hold' then
        orders = orders + 1
      end
    end
    since = math.max(since, at)
    caught_up = caught_up or id == newest
  end
end

if removed > 0 then
  for sku, units in pairs(taken) do redis.call('HINCRBY', inflight, sku, -units) end
  redis.call('HINCRBY', inflight, '#orders', -orders)
  redis.call('HINCRBY', inflight, '#settled', orders)
  if caught_up then
    redis.call('HINCRBY', inflight, '#caught_up', 1)
    redis.call('HDEL', inflight, '#since')
  elseif redis.call('HEXISTS', inflight, '#since') == 1 then
    redis.call('HSET', inflight, '#since', string.format('%.0f', since))
  end
end
return removed
