--[[
heartbeat: a process says that it lives, and hears who else does

Time is the server's, so that no two machines need the same clock.

KEYS
  1 processes  sorted set: process → the moment its time is up, ms
ARGV
  1 process    who speaks
  2 ttl_ms     how long it counts as alive from now; 0: it leaves
RETURNS {code, process, …}
  alive        every process whose time is not up; this one had spoken before
  new          likewise, but this one was not known: it is new, left, or the set was lost
EVENTS
  none
--]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ttl = tonumber(ARGV[2])
local added = 1
if ttl > 0 then
  added = redis.call('ZADD', KEYS[1], now + ttl, ARGV[1])
  redis.call('PEXPIRE', KEYS[1], 60 * ttl)
else
  redis.call('ZREM', KEYS[1], ARGV[1])
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local answer = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '+inf')
if added == 1 then
  return {'new', unpack(answer)}
end
return {'alive', unpack(answer)}
