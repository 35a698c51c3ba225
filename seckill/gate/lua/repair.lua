-- repair sets what is available of items, if nothing that Redis knows of the
-- sale's units has moved since a reading: all of them, or none.
--
-- ARGV  1 epoch, 2 ticket, 3 releases, 4 moves, then for each item: sku, total and
--       available of the reading, available to be
-- RETURNS  {condition}, {'moved'} since the reading,
--          {'busy', state} it is not paused and orders are in flight,
--          {'beyond', sku} available would be below 0 or above the total, or {'ok'}
-- O(items)

local epoch, last_ticket, releases, moves = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local FIRST, WIDTH = 5, 4

local stands_against = condition()
if stands_against then return {stands_against} end
local m = redis.call('HMGET', meta, 'state', 'epoch', 'releases', 'moves')
if m[2] ~= epoch or m[3] ~= releases or m[4] ~= moves or redis.call('GET', ticket) ~= last_ticket then
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
