-- claim takes over outbox entries that were delivered and not settled for too
-- long. An entry is due again after idle * 2^(deliveries - 1), so that one which
-- keeps failing comes ever more rarely.
--
-- ARGV  1 group, 2 consumer, 3 idle (ms), 4 longest wait (ms), 5 most entries
-- RETURNS  {''} the sale is not loaded, or {'ok', {{id, {field, value, ...}}, ...}}
-- O(pending entries looked at), at most 10,000

local group, consumer = ARGV[1], ARGV[2]
local idle, longest, most = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local PAGE, PAGES = 200, 50

if redis.call('EXISTS', outbox) == 0 then return {''} end

local due, start = {}, '-'
for _ = 1, PAGES do
  local rows = redis.call('XPENDING', outbox, group, 'IDLE', string.format('%.0f', idle), start, '+', PAGE)
  for _, row in ipairs(rows) do
    local waited, deliveries = row[3], row[4]
    if #due < most and waited >= math.min(idle * 2 ^ (deliveries - 1), longest) then
      due[#due + 1] = row[1]
    end
    local ms, sequence = row[1]:match('^(%d+)-(%d+)$')
    start = ms .. '-' .. string.format('%.0f', sequence + 1)
  end
  if #rows < PAGE or #due >= most then break end
end
if #due == 0 then return {'ok', {}} end

local entries = {}
for _, entry in ipairs(redis.call('XCLAIM', outbox, group, consumer, 0, unpack(due))) do
  if entry and entry[2] then entries[#entries + 1] = entry end
end
return {'ok', entries}
