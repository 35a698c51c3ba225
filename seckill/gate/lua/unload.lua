-- unload deletes every key of a sale that is over.
--
-- RETURNS  'gone', the state that stands against it, or 'outbox' while orders
--          are in flight
-- O(1), deleting goes on in the background

local state = redis.call('HGET', meta, 'state')
if state and state ~= 'closed' then return state end
if redis.call('EXISTS', outbox) == 1 and redis.call('XLEN', outbox) > 0 then return 'outbox' end
redis.call('UNLINK', unpack(KEYS))
return 'gone'
