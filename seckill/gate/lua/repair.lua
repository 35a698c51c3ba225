-- repair sets what is available of items, if nothing that Redis knows of the
-- sale's units has moved since a reading: all of them, or none.
--
-- KEYS  meta stock totals ticket outbox
-- ARGV  1 epoch, 2 ticket, 3 releases, then for each item: sku, total and
--       available of the reading, available to be
-- RETURNS  {''} the sale is not loaded, {'loading'}, {'moved'} since the reading,
--          {'busy', state} it is not paused and orders are in flight,
--          {'beyond', sku} available would be below 0 or above the total, or {'ok'}
-- O(items)

local meta, stock, totals, ticket, outbox = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local epoch, last_ticket, releases = ARGV[1], ARGV[2], ARGV[3]
local FIRST, WIDTH = 4, 4

local m = redis.call('HMGET', meta, 'state', 'epoch', 'releases')
if not m[1] then return {''} end
if m[1] == 'loading' then return {'loading'} end
if m[2] ~= epoch or (m[3] or '0') ~= releases or (redis.call('GET', ticket) or '0') ~= last_ticket then
  return {'moved'}
end
if m[1] ~= 'paused' and redis.call('XLEN', outbox) > 0 then return {'busy', m[1]} end

local fields = {}
for i = FIRST, #ARGV, WIDTH do
  local sku, total, available, to = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  if redis.call('HGET', totals, sku) ~= total or redis.call('HGET', stock, sku) ~= available then
    return {'moved'}
  end
  if tonumber(to) < 0 or tonumber(to) > tonumber(total) then return {'beyond', sku} end
  fields[#fields + 1], fields[#fields + 2] = sku, to
end
redis.call('HSET', stock, unpack(fields))
return {'ok'}
