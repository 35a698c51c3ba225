-- release gives the lock of a token back, and nobody else's. The fence stays.
--
-- ARGV  1 token
-- RETURNS  {'kept'} until now; {'gone'} the token did not have the lock any more
-- O(1)

local token = ARGV[1]

if redis.call('GET', lock) ~= token then return {'gone'} end
redis.call('DEL', lock)
return {'kept'}
