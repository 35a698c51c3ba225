-- acquire gives the lock to a token if nobody has it, and raises the fence. The number
-- is above all that this server has seen, and at least its clock: one that lost its
-- counter goes on above all numbers from before, however many others lost theirs too.
--
-- ARGV  1 token, 2 TTL (ms), 3 what the number has to be above, 4 how long a server
--       that is new stays out (ms), 0 is not at all
-- RETURNS  {'granted', number}; {'taken'} another token has it; {'out'} the server may
--          have forgotten who has it
-- O(1)

local token, ttl, above, stay_out = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

local now = now_us()
if stays_out(stay_out, math.floor(now / 1000)) then return {'out'} end

local holder = redis.call('GET', lock)
if holder and holder ~= token then return {'taken'} end

local number = math.max(tonumber(redis.call('GET', fence) or 0) + 1, above + 1, now)
local text = string.format('%.0f', number)
redis.call('SET', lock, token, 'PX', ttl)
redis.call('SET', fence, text)
return {'granted', text}
