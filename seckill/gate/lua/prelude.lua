-- prelude stands before every other script. KEYS are always all keys of one sale,
-- in the order of keys.all.
local meta, stock, totals, buyers, orders, requests, ticket, outbox, inflight, released = unpack(KEYS)

-- REQUIRED is how many of the keys a loaded sale always has: all but the last.
local REQUIRED = 9

-- server names this Redis server for as long as it stays the primary and is not
-- started again: with each start and each promotion comes a new replication id.
-- The embedded Redis has none; it ends with its process, and all it knew with it.
local function server()
  local info = redis.pcall('INFO', 'replication')
  if type(info) ~= 'string' then return '' end
  local at = info:find('master_replid:', 1, true)
  return at and info:sub(at + 14, at + 53) or ''
end

-- condition tells what keeps a script from acting on the sale; nil is nothing.
--   ''         the sale is not loaded
--   'loading'  it is being loaded
--   'fenced'   it was loaded on another server, or on this one before a restart,
--              or one of its keys is gone: what is here may be a second old
local function condition()
  local m = redis.call('HMGET', meta, 'state', 'server')
  if not m[1] then return '' end
  if m[1] == 'loading' then return 'loading' end
  if m[2] ~= server() or redis.call('EXISTS', unpack(KEYS, 1, REQUIRED)) < REQUIRED then return 'fenced' end
  return nil
end

-- holding reads what a buyer has of an item: his units, his newest order of it, and
-- as one text how often units of his came back unpaid and when last; '' for never.
local function holding(value)
  return (value or '0 '):match('^(%d+) (%w*)(.*)$')
end

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
