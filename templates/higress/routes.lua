-- Puts a request on its route. A provider that is named outright is found in the table, all else by the routes
-- themselves: their names say rank and provider, and the rank decides (rendering/higress.py).
--
-- Envoy chooses a route when its metadata is asked for, and that only once until the script has waited for
-- something: so one look at the table or at a route before the body, and one behind it.
-- names.lua and problems.lua stand above this text.

local match = string.match

local function split(model) return match(model, "^([^/]*)/(.+)$") end

local function is_provider(told, id)
  for _, known_id in ipairs(told.ids or {}) do
    if known_id == id then return true end
  end
  return false
end

-- The model without `id/` and the provider that is named, nil where none is; or nil, nil and a problem.
-- `forced` is the id that the client insists on, `told` what known() returns; aigw/spec/serving.py decides the same.
local function named(told, model, forced)
  if not told.generation then return nil, nil, problems.not_ready("table of models") end
  local id, bare = split(model)
  if forced then
    if not is_provider(told, forced) then return nil, nil, problems.unknown_provider(forced) end
    local is_whole = id ~= forced or told.whole[model] == forced
    return is_whole and model or bare, forced
  end
  if not id or told.whole[model] or not is_provider(told, id) then return model, nil end
  return bare, id
end

-- Whether a model or client may name a provider, so that the table must be asked.
local function may_name(model, forced) return forced ~= nil or split(model) ~= nil end

local function put(handle, model, provider)
  local headers = handle:headers()
  headers:remove("x-aigw-table")
  headers:replace("x-higress-llm-model", model)
  if provider then headers:replace("x-aigw-provider", provider) else headers:remove("x-aigw-provider") end
  if handle.clearRouteCache then handle:clearRouteCache() end
end

-- Whether the request is on a route that may serve it; where that cannot be told, the guard decides.
local function is_right(route, provider)
  if not route then return true end
  if not provider then return route ~= "" end
  local rank, owner = names.rank_and_provider(route)
  return rank == "0" and owner == provider
end

return {named = named, may_name = may_name, put = put, is_right = is_right}
