--[[
mend: what changed while a reader went through the index in pieces, so that what it read becomes one moment's picture

KEYS
  1 head      hash: epoch, version, mark
  2 requests  hash: id → record
  3 leases    hash: id → record
  4 log       stream: a step each, id <epoch>-<version>
ARGV
  1 epoch     where the index stood when the reader began
  2 version   likewise
RETURNS {code, version, mark, {request id, record or nil, …}, {lease id, record or nil, …}}
  ok          the picture is of this version
  again       the log no longer says what changed, or another epoch rules
EVENTS
  none
--]]
local found = redis.call('HMGET', KEYS[1], 'epoch', 'version', 'mark')
local epoch, version, mark = found[1] or '0', found[2] or '0', found[3] or ''
if epoch ~= ARGV[1] or tonumber(version) < tonumber(ARGV[2]) then
  return {'again', version, mark, {}, {}}
end
local steps = version - ARGV[2]
if steps == 0 then
  return {'ok', version, mark, {}, {}}
end
local entries = redis.call('XRANGE', KEYS[4], string.format('%s-%d', epoch, ARGV[2] + 1), '+')
if #entries ~= steps then
  return {'again', version, mark, {}, {}}
end

local function ids_of(field)
  local seen, ids = {}, {}
  for _, entry in ipairs(entries) do
    for id in string.gmatch(entry[2][field], '[^\n]+') do
      if not seen[id] then
        seen[id] = true
        table.insert(ids, id)
      end
    end
  end
  return ids
end

local MOST = 2000
local requests, leases = {}, {}
local ids = ids_of(10)
for first = 1, #ids, MOST do
  local last = math.min(first + MOST - 1, #ids)
  for n, record in ipairs(redis.call('HMGET', KEYS[2], unpack(ids, first, last))) do
    table.insert(requests, ids[first + n - 1])
    table.insert(requests, record)
  end
end
ids = ids_of(12)
for first = 1, #ids, MOST do
  local last = math.min(first + MOST - 1, #ids)
  for n, record in ipairs(redis.call('HMGET', KEYS[3], unpack(ids, first, last))) do
    table.insert(leases, ids[first + n - 1])
    table.insert(leases, record)
  end
end
return {'ok', version, mark, requests, leases}
