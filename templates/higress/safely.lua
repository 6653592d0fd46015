-- Runs a filter's work. Envoy lets a request pass whose Lua failed; here it is refused.
-- errors.lua and faults.lua stand above this text.

return function(handle, work)
  local done, why = pcall(work, handle)
  if done then return end
  handle:logErr("aigw: " .. tostring(why))
  local headers = {[":status"] = "500", ["content-type"] = "application/json"}
  handle:respond(headers, errors.body("", faults.failed()))
end
