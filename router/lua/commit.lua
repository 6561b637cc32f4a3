--[[
commit: write one decided step, if nobody was faster

Sent twice with one mark it is written once: an answer may be lost on its way.

KEYS
  1 head      hash: epoch, version, mark; building while an epoch is being installed
  2 requests  hash: id → record
  3 leases    hash: id → record
  4 log       stream: a step each, id <epoch>-<version>
ARGV
  1 epoch     where the index stood when the step was decided
  2 version   likewise
  3 mark      likewise
  4 next      version after the step
  5 new_mark  names the step
  6 origin    who decided it
  7 payload   what it was
  8 length    entries that the log keeps, about
  9 request_words  how many words of the changes set requests: id, record, …
  10 request_ids   how many then name requests to delete
  11 lease_words   how many then set leases
  12+ changes      those words; the rest names leases to delete
RETURNS {code, epoch, version, mark, building}
  ok          the step is in
  behind      other steps came first
  gone        another epoch rules, none does, or steps were lost
EVENTS
  log         the step: o origin, m mark, q mark before it, p payload, r and l ids of what it changed
--]]
local found = redis.call('HMGET', KEYS[1], 'epoch', 'version', 'mark', 'building')
local epoch, version, mark, building = found[1] or '0', found[2] or '0', found[3] or '', found[4] or '0'
if epoch ~= ARGV[1] then
  return {'gone', epoch, version, mark, building}
end
local id = ARGV[1] .. '-' .. ARGV[4]
if version ~= ARGV[2] or mark ~= ARGV[3] then
  local entry = redis.call('XRANGE', KEYS[4], id, id)[1]
  if entry and entry[2][4] == ARGV[5] then
    return {'ok', epoch, ARGV[4], ARGV[5], building}
  end
  if tonumber(version) > tonumber(ARGV[2]) then
    return {'behind', epoch, version, mark, building}
  end
  return {'gone', epoch, version, mark, building}
end

-- words are taken in slices, since Lua passes only some thousands of values at once
local MOST = 2000
local from = 12
local changed = {{}, {}}

local to = from + ARGV[9] - 1
for first = from, to, MOST do
  redis.call('HSET', KEYS[2], unpack(ARGV, first, math.min(first + MOST - 1, to)))
end
for word = from, to, 2 do
  table.insert(changed[1], ARGV[word])
end
from = to + 1
to = from + ARGV[10] - 1
for first = from, to, MOST do
  redis.call('HDEL', KEYS[2], unpack(ARGV, first, math.min(first + MOST - 1, to)))
end
for word = from, to do
  table.insert(changed[1], ARGV[word])
end
from = to + 1
to = from + ARGV[11] - 1
for first = from, to, MOST do
  redis.call('HSET', KEYS[3], unpack(ARGV, first, math.min(first + MOST - 1, to)))
end
for word = from, to, 2 do
  table.insert(changed[2], ARGV[word])
end
from = to + 1
to = #ARGV
for first = from, to, MOST do
  redis.call('HDEL', KEYS[3], unpack(ARGV, first, math.min(first + MOST - 1, to)))
end
for word = from, to do
  table.insert(changed[2], ARGV[word])
end

redis.call('HSET', KEYS[1], 'version', ARGV[4], 'mark', ARGV[5])
redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[8], id, 'o', ARGV[6], 'm', ARGV[5], 'q', mark, 'p', ARGV[7],
  'r', table.concat(changed[1], '\n'), 'l', table.concat(changed[2], '\n'))
return {'ok', epoch, ARGV[4], ARGV[5], building}
