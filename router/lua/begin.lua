--[[
begin: fence off smaller epochs and start to install a larger one

KEYS
  1 head      hash: epoch, version, mark; building while an epoch is being installed
  2 requests  hash: id → record
  3 leases    hash: id → record
  4 log       stream: a step each, id <epoch>-<version>
ARGV
  1 epoch     the new one
  2 mark      names this installation: sent twice it begins once
RETURNS {code, epoch, version, mark, building}
  ok          nobody else may write now
  gone        an equal or larger epoch is there, or was
EVENTS
  log         <epoch>-0 with m: wakes those who follow an older epoch
--]]
local found = redis.call('HMGET', KEYS[1], 'epoch', 'version', 'mark', 'building')
local epoch, version, mark, building = found[1] or '0', found[2] or '0', found[3] or '', found[4] or '0'
if building == ARGV[1] and mark == ARGV[2] then
  return {'ok', epoch, version, mark, building}
end
local largest = math.max(tonumber(epoch), tonumber(building))
local last = redis.call('XREVRANGE', KEYS[4], '+', '-', 'COUNT', 1)[1]
if last then
  largest = math.max(largest, tonumber(string.match(last[1], '^%d+')))
end
if largest >= tonumber(ARGV[1]) then
  return {'gone', epoch, version, mark, building}
end
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
redis.call('HSET', KEYS[1], 'building', ARGV[1], 'mark', ARGV[2])
redis.call('XADD', KEYS[4], ARGV[1] .. '-0', 'm', ARGV[2])
return {'ok', '0', '0', ARGV[2], ARGV[1]}
