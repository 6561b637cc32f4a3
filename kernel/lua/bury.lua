--[[
bury: an entry that was delivered too often without success becomes a dead letter, so that the line moves on

KEYS
  1 stream    stream that the group reads
  2 dead      stream of dead letters
ARGV
  1 group     whose delivery failed
  2 entry     its id
  3 limit     deliveries after which it is buried
  4 why       what went wrong the last time
  5 length    dead letters that are kept, about
RETURNS {code, deliveries}
  kept        it will be delivered again
  buried      it is acknowledged and lies with the dead letters
  unknown     the group no longer waits for it
EVENTS
  dead        entry, group, why, deliveries, and what it held
--]]
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1)[1]
if not pending then
  return {'unknown', 0}
end
local deliveries = pending[4]
if deliveries < tonumber(ARGV[3]) then
  return {'kept', deliveries}
end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[5], '*', 'entry', ARGV[2], 'group', ARGV[1], 'why', ARGV[4],
  'deliveries', deliveries, unpack(entry and entry[2] or {}))
return {'buried', deliveries}
