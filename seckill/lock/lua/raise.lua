-- raise makes the number of a holder known here, so that the next one gets a higher
-- one. It asks for the token: the number counts where nobody else came in between.
--
-- ARGV  1 token, 2 number
-- RETURNS  {'kept'}; {'gone'} the token does not have the lock any more
-- O(1)

local token, number = ARGV[1], ARGV[2]

if redis.call('GET', lock) ~= token then return {'gone'} end
if tonumber(redis.call('GET', fence) or 0) < tonumber(number) then redis.call('SET', fence, number) end
return {'kept'}
