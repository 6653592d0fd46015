-- The filter before the provider's plugin: takes back the client's credentials that aigw_out.lua lent to the plugins
-- in between. Where it is missing, aigw_guard.lua lets nothing out that was lent.

local function take(handle)
  local metadata = handle:streamInfo():dynamicMetadata()
  local noted = metadata:get("aigw")
  if not noted or not noted.lent then return end
  local headers = handle:headers()
  for name in pairs(noted.client) do headers:remove(name) end
  metadata:set("aigw", "client", {})
  metadata:set("aigw", "lent", false)
end

function envoy_on_request(handle) safely(handle, take) end
