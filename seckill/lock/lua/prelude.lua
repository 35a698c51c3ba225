-- prelude stands before every other script. KEYS are always those of keys.of, in its
-- order; a cluster is given the first two alone, since the third has another slot.
local lock, fence, node = unpack(KEYS)

local function now_us()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- stays_out tells whether this server may have forgotten somebody who holds a lock: it
-- has been what it is, with what it knows, for less than for_ms. It writes down since
-- when, and on which server; the note is missing where all data is, and names another
-- server after a restart and after the promotion of a replica. A cluster has no place
-- for a note of the whole server, so there only a restart is seen.
local function stays_out(for_ms, now_ms)
  if for_ms <= 0 then return false end
  local info = redis.pcall('INFO', 'server')
  -- One that tells nothing of itself is the embedded Redis, or rights are missing.
  if type(info) ~= 'string' then info = '' end
  if not node then
    local uptime = tonumber(info:match('uptime_in_seconds:(%d+)') or for_ms)
    return uptime * 1000 < for_ms + 1000 -- it is cut to whole seconds
  end
  local server = info:match('run_id:(%x+)') or ''
  local noted = redis.call('HMGET', node, 'server', 'since')
  -- A note of the future was made before the clock went back.
  if noted[1] ~= server or tonumber(noted[2]) > now_ms then
    redis.call('HSET', node, 'server', server, 'since', string.format('%.0f', now_ms))
    return true
  end
  return now_ms - noted[2] < for_ms
end
