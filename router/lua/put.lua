--[[
put: some records of an installation

KEYS
  1 head      hash: building, the epoch being installed
  2 requests  hash: id → record
  3 leases    hash: id → record
ARGV
  1 epoch     the one being installed
  2 request_words  how many words of the records set requests: id, record, …
  3+ records       those words; the rest sets leases
RETURNS {code, epoch, version, mark, building}
  ok          they are in
  gone        another installation took over, or this one was lost
EVENTS
  none
--]]
local found = redis.call('HMGET', KEYS[1], 'epoch', 'version', 'mark', 'building')
local epoch, version, mark, building = found[1] or '0', found[2] or '0', found[3] or '', found[4] or '0'
if building ~= ARGV[1] then
  return {'gone', epoch, version, mark, building}
end
local MOST = 2000
local last = 2 + ARGV[2]
for first = 3, last, MOST do
  redis.call('HSET', KEYS[2], unpack(ARGV, first, math.min(first + MOST - 1, last)))
end
for first = last + 1, #ARGV, MOST do
  redis.call('HSET', KEYS[3], unpack(ARGV, first, math.min(first + MOST - 1, #ARGV)))
end
return {'ok', epoch, version, mark, building}
