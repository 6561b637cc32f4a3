--[[
finish: what was installed is in force

KEYS
  1 head      hash: epoch, version, mark; building while an epoch is being installed
  2 requests  hash: id → record
  3 leases    hash: id → record
  4 log       stream: a step each, id <epoch>-<version>
ARGV
  1 epoch     the one being installed
  2 requests  how many there must be
  3 leases    how many there must be
RETURNS {code, epoch, version, mark, building}
  ok          version 1 of the epoch is in force
  gone        another installation took over, this one was lost, or some of its records were
EVENTS
  log         <epoch>-1 with m: wakes those who wait for the installation
--]]
local found = redis.call('HMGET', KEYS[1], 'epoch', 'version', 'mark', 'building')
local epoch, version, mark, building = found[1] or '0', found[2] or '0', found[3] or '', found[4] or '0'
if epoch == ARGV[1] and version == '1' then
  return {'ok', epoch, version, mark, building}
end
if building ~= ARGV[1] then
  return {'gone', epoch, version, mark, building}
end
if redis.call('HLEN', KEYS[2]) ~= tonumber(ARGV[2]) or redis.call('HLEN', KEYS[3]) ~= tonumber(ARGV[3]) then
  return {'gone', epoch, version, mark, building}
end
redis.call('HDEL', KEYS[1], 'building')
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'version', '1')
redis.call('XADD', KEYS[4], ARGV[1] .. '-1', 'm', mark)
return {'ok', ARGV[1], '1', mark, '0'}
