-- released lists the orders that were released since a reading counted the
-- releases.
--
-- ARGV  1 epoch, 2 releases, 3 moves, all of the reading
-- RETURNS  {condition}, {'other'} the sale was loaded anew or orders changed hands
--          in another way than by admission and release, {'short'} more were
--          released than are noted, or {'ok', order id, ...}
-- O(orders released since), at most 10,000

local epoch, before, moves = ARGV[1], tonumber(ARGV[2]), ARGV[3]

local stands_against = condition()
if stands_against then return {stands_against} end
local m = redis.call('HMGET', meta, 'epoch', 'releases', 'moves')
local since = tonumber(m[2]) - before
if m[1] ~= epoch or m[3] ~= moves or since < 0 then return {'other'} end

local reply = {'ok'}
if since > 0 then
  for _, id in ipairs(redis.call('LRANGE', released, 0, since - 1)) do reply[#reply + 1] = id end
end
if #reply - 1 < since then return {'short'} end
return reply
