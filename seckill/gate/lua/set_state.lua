-- set_state gives the sale the state that SQL has, unless Redis knows of a newer
-- one already.
--
-- KEYS  meta
-- ARGV  1 state, 2 revision
-- RETURNS  '' the sale is not loaded, 'loading', 'old', 'same' or 'changed'
-- O(1)

local meta = KEYS[1]
local to, revision = ARGV[1], tonumber(ARGV[2])

local m = redis.call('HMGET', meta, 'state', 'state_revision', 'revision')
if not m[1] then return '' end
if m[1] == 'loading' then return 'loading' end
if revision < tonumber(m[2]) then return 'old' end
redis.call('HSET', meta, 'state', to, 'state_revision', ARGV[2])
if revision > tonumber(m[3]) then redis.call('HSET', meta, 'revision', ARGV[2]) end
if m[1] == to then return 'same' end
return 'changed'
