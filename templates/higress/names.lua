-- What the names of routes say (rendering/higress.py gives them): `ai-route-RANK-PROVIDER.internal`.

local find, match = string.find, string.match

-- `0` and `openai` for `ai-route-0-openai.internal`; nil for a route that we did not make.
local function rank_and_provider(route)
  local rank, provider = match(route, "ai%-route%-(%w[%dn]*)%-(.+)%.internal$")
  if rank and (find(rank, "^[0ez]$") or find(rank, "^[pq]%d+n?%d*$")) then return rank, provider end
end

-- The name of the route that the request is on, "" for none; nil where Envoy is too old to tell it. Asking for
-- metadata makes Envoy choose the route.
local function current(handle)
  handle:metadata()
  local info = handle:streamInfo()
  if info.routeName then return info:routeName() or "" end
end

-- Whether Envoy chose a route at first that is none of ours: a person's own, for something else than models.
local function is_others(handle)
  local info = handle:streamInfo()
  local route = info.routeName and info:routeName() or ""
  return route ~= "" and not (find(route, "ai-route-", 1, true) or find(route, "aigw", 1, true))
end

-- Whose route it is; a person's own AI route is called by its own name.
local function provider(route)
  local _, id = rank_and_provider(route)
  return id or match(route, "ai%-route%-(.+)%.internal$") or route
end

return {current = current, is_others = is_others, rank_and_provider = rank_and_provider, provider = provider}
