-- The filter before the router of Envoy: nothing leaves that the filters and plugins in front have not seen.
--
-- A provider's plugin that does not run lets requests pass as they are. When it has run, the request has another
-- host, and often another path: it says so in headers that `aigw_in.lua` takes from every client.

local find = string.find
local CREDENTIALS = {"authorization", "x-api-key", "api-key", "x-goog-api-key"}

local function refuse(handle, path, problem)
  local headers = problem.headers
  headers[":status"], headers["content-type"] = problem.status, "application/json"
  handle:respond(headers, errors.body(path, problem))
end

local function fault(headers, noted, route)
  local _, owner = names.rank_and_provider(route or "")
  if not noted.checked then return problems.not_ready("first filter") end
  if noted.lent then return problems.not_ready("filter before the provider's plugin") end
  if route == "" or (noted.waits and not noted.out) then
    return problems.not_ready("filter behind the model router")
  end
  if route and noted.provider and noted.provider ~= owner then
    return problems.not_ready("route to provider `" .. noted.provider .. "`")
  end
  if not (headers:get("x-envoy-original-host") or headers:get("x-envoy-original-path")) then
    return faults.unprepared(names.provider(route or "?"))
  end
end

-- Some providers take their key in the query.
local function is_authorized(headers, query)
  for _, name in ipairs(CREDENTIALS) do
    if headers:get(name) then return true end
  end
  return query ~= nil and find(query, "[?&]key=") ~= nil
end

local function report(handle, noted, route)
  local headers, text = handle:headers(), errors.json_string
  local path, query = requests.split_path(headers:get(":path"))
  return '{"provider":' .. text(names.provider(route)) .. ',"route":' .. text(route)
    .. ',"model":' .. text(noted.model) .. ',"authority":' .. text(headers:get(":authority") or "")
    .. ',"path":' .. text(path) .. ',"authorized":' .. tostring(is_authorized(headers, query)) .. "}"
end

local function check(handle)
  local metadata = handle:streamInfo():dynamicMetadata()
  local noted = metadata:get("aigw") or {}
  if noted.others then return end
  local route = names.current(handle)
  local problem = fault(handle:headers(), noted, route)
  if problem then return refuse(handle, noted.path or "", problem) end
  if noted.probes then
    local headers = {[":status"] = "200", ["content-type"] = "application/json"}
    return handle:respond(headers, report(handle, noted, route or noted.provider or "?"))
  end
  metadata:set("aigw", "sent", true)
end

function envoy_on_request(handle) safely(handle, check) end
