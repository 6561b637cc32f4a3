--[[
noop: nothing, at the price of a call

KEYS
  1 any    names the slot; not touched
ARGV
  1 none   not read
RETURNS {code}
  ok       always
EVENTS
  none
--]]
return {'ok'}
