-- set_state gives the sale the state that SQL has, unless Redis knows of a newer
-- one already.
--
-- ARGV  1 state, 2 revision
-- RETURNS  a condition, 'old', 'same' or 'changed'
-- O(1)

local to, revision = ARGV[1], tonumber(ARGV[2])

local stands_against = condition()
if stands_against then return stands_against end
local m = redis.call('HMGET', meta, 'state', 'state_revision', 'revision')
if revision < tonumber(m[2]) then return 'old' end
redis.call('HSET', meta, 'state', to, 'state_revision', ARGV[2])
if revision > tonumber(m[3]) then redis.call('HSET', meta, 'revision', ARGV[2]) end
if m[1] == to then return 'same' end
return 'changed'
