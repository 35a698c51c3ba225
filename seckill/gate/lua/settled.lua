-- settled removes outbox entries whose orders SQL has committed, and lowers the
-- counters in flight by what they held. An entry that is gone already changes
-- nothing, and so does one of another epoch: a stream that was lost may give an id
-- a second time.
--
-- '#since' ages the oldest wait: it is the time of the newest settled entry, and
-- is absent when the newest entry of all is settled. One old entry that keeps
-- failing thus does not make the whole sale look stuck.
--
-- '#settled' counts orders and '#caught_up' how often the newest entry of all was
-- settled; both only grow. Whoever reads them twice knows how fast settling is,
-- and whether it had work all the time between.
--
-- ARGV  1 group, then for each entry: id, epoch
-- RETURNS  'loading', or how many entries were removed now
-- O(entries)

local group = ARGV[1]
local WIDTH = 2

-- A sale that is fenced, or not here at all, is no hindrance: SQL has the orders.
if redis.call('HGET', meta, 'state') == 'loading' then return 'loading' end

local removed, settled, taken = 0, 0, {}
local since = tonumber(redis.call('HGET', inflight, '#since') or 0)
local newest = redis.call('HGET', inflight, '#newest')
local caught_up = false

for i = 2, #ARGV, WIDTH do
  local id, epoch = ARGV[i], ARGV[i + 1]
  local found = redis.call('XRANGE', outbox, id, id)[1]
  local entry = {}
  if found then
    local fields = found[2]
    for f = 1, #fields, 2 do entry[fields[f]] = fields[f + 1] end
  end
  if entry.epoch == epoch then
    redis.call('XACK', outbox, group, id)
    redis.call('XDEL', outbox, id)
    removed = removed + 1
    settled = settled + tonumber(entry.count)
    for sku, units in entry.units:gmatch('([^:,]+):(%d+)') do
      taken[sku] = (taken[sku] or 0) + tonumber(units)
    end
    since = math.max(since, tonumber(entry.at))
    caught_up = caught_up or id == newest
  end
end

-- A counter that is gone is made anew by the load that is due, not here.
if removed > 0 and redis.call('EXISTS', inflight) == 1 then
  for sku, units in pairs(taken) do redis.call('HINCRBY', inflight, sku, -units) end
  redis.call('HINCRBY', inflight, '#orders', -settled)
  redis.call('HINCRBY', inflight, '#settled', settled)
  if caught_up then
    redis.call('HINCRBY', inflight, '#caught_up', 1)
    redis.call('HDEL', inflight, '#since')
  elseif redis.call('HEXISTS', inflight, '#since') == 1 then
    redis.call('HSET', inflight, '#since', string.format('%.0f', since))
  end
end
return removed
