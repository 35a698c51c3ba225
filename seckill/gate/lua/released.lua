-- released lists the orders that were released since a reading counted the
-- releases.
--
-- KEYS  meta released
-- ARGV  1 epoch, 2 releases, both of the reading
-- RETURNS  {''} the sale is not loaded, {'loading'}, {'other'} it was loaded anew
--          or Redis went back in time, {'short'} more were released than are
--          noted, or {'ok', order id, ...}
-- O(orders released since), at most 10,000

local meta, released = KEYS[1], KEYS[2]
local epoch, before = ARGV[1], tonumber(ARGV[2])

local m = redis.call('HMGET', meta, 'state', 'epoch', 'releases')
if not m[1] then return {''} end
if m[1] == 'loading' then return {'loading'} end
local since = tonumber(m[3] or 0) - before
if m[2] ~= epoch or since < 0 then return {'other'} end

local reply = {'ok'}
if since > 0 then
  for _, id in ipairs(redis.call('LRANGE', released, 0, since - 1)) do reply[#reply + 1] = id end
end
if #reply - 1 < since then return {'short'} end
return reply
