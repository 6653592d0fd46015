-- The filter behind the model router: what the router decided is put into the request that aigw_in.lua kept, and
-- a request without a route ends here.
-- It may stand in the listener twice, under either name that a pilot gives the router; one has nothing to do.

local AUTO = "higress/auto"

local LARGE = 131072
local holds_large = false

-- Where auto-routing is off, the router leaves the model as it is.
local function decided(headers, waits)
  local model = headers:get("x-higress-llm-model")
  return model == AUTO and waits.model or model
end

-- Refuses for a reason that depends on the table: `told`, if it was looked at, or behind the body.
local function refuse(handle, path, reason, told)
  if not told then
    handle:body()
    told = known(handle)
  end
  answers.refuse(handle, path, reason(told), told)
end

local function undecided(told)
  if (told.default or "") ~= "" then return problems.not_ready("model router") end
  return problems.without_default()
end

local function unserved(model, provider)
  return function(told)
    if provider then return problems.not_ready("route to provider `" .. provider .. "`") end
    return problems.unknown_model(model, told.names)
  end
end

local function kept(metadata, waits)
  local body = metadata:get("aigw.kept").body
  metadata:set("aigw.kept", "body", "")
  return waits.packed and bodies.unpacked(body) or body
end

local function put_back(handle, waits, model)
  local metadata = handle:streamInfo():dynamicMetadata()
  local body = kept(metadata, waits)
  holds_large = holds_large or #body > LARGE
  handle:body():setBytes(bodies.with_model(body, waits.first, waits.last, model))
  metadata:set("aigw", "model", model)
end

-- Puts a request that waits on the route of the model that was decided.
local function go_on(handle, noted)
  local waits, told = noted.waits, nil
  handle:headers():replace(":path", waits.path)
  local model, provider, problem = decided(handle:headers(), waits), nil, nil
  if not model then return refuse(handle, noted.path, undecided) end
  if routes.may_name(model, waits.forced) then
    local here = known(handle)
    told = {generation = here.generation, names = here.names}
    model, provider, problem = routes.named(here, model, waits.forced)
    if problem then return answers.refuse(handle, noted.path, problem, told) end
    handle:body()
  end
  routes.put(handle, model, provider)
  if not routes.is_right(names.current(handle), provider) then
    return refuse(handle, noted.path, unserved(model, provider), told)
  end
  handle:body()
  put_back(handle, waits, model)
end

-- A plugin behind this filter may ask who the client is; aigw_key.lua takes it back before the provider's plugin.
local function lend(handle, credentials)
  local headers = handle:headers()
  for name, value in pairs(credentials) do headers:replace(name, value) end
  handle:streamInfo():dynamicMetadata():set("aigw", "lent", true)
end

local function leave(handle)
  local noted = handle:streamInfo():dynamicMetadata():get("aigw")
  if not noted or noted.out or noted.others then return end
  if noted.waits then
    go_on(handle, noted)
  elseif not routes.is_right(names.current(handle), noted.provider) then
    refuse(handle, noted.path, unserved(noted.model, noted.provider))
  end
  if noted.client then lend(handle, noted.client) end
  handle:streamInfo():dynamicMetadata():set("aigw", "out", true)
end

function envoy_on_request(handle) safely(handle, leave) end

function envoy_on_response()
  if not holds_large then return end
  holds_large = false
  collectgarbage()
end
