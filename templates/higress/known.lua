-- What the route `aigw.table` tells of the gateway (rendering/higress_edge.py): when it changes, routes change
-- and no listener. The request then stands on that route, until routes.put() takes it elsewhere.
-- prompt.lua and errors.lua stand above this text.

local find = string.find

-- Every model is an object that begins with its id; a quote within a JSON string is escaped.
local function entry(models, name)
  local at = models and find(models, '{"id":' .. errors.json_string(name) .. ",", 1, true)
  return at and prompt.value_at(models, at)
end

return function(handle)
  handle:headers():replace("x-aigw-table", "1")
  if handle.clearRouteCache then handle:clearRouteCache() end -- older Envoys: changed headers clear it
  local told = handle:metadata()
  return setmetatable({
    names = told:get("names") or {},
    entry = function(name) return entry(told:get("models"), name) end,
  }, {__index = function(_, key) return told:get(key) end})
end
