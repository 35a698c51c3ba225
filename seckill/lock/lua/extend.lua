-- extend lets the lock of a token last longer. It never takes one: sent late, after a
-- release, it changes nothing.
--
-- ARGV  1 token, 2 TTL (ms)
-- RETURNS  {'kept'}; {'gone'} the token does not have the lock any more
-- O(1)

local token, ttl = ARGV[1], ARGV[2]

if redis.call('GET', lock) ~= token then return {'gone'} end
redis.call('PEXPIRE', lock, ttl)
return {'kept'}
