-- Which provider serves a model; aigw/spec/serving.py decides the same.
--
-- Pure functions for Lua 5.1 and LuaJIT over the tables of CONFIG (rendering/envoy_models.py), which stands
-- above this text.

local find, sub = string.find, string.sub

-- parts: a glob's literal parts, {"", "-turbo"} for `*-turbo`.
local function fits(model, parts)
  local head, tail = parts[1], parts[#parts]
  if #model < #head + #tail or sub(model, 1, #head) ~= head then return false end
  if sub(model, #model - #tail + 1) ~= tail then return false end
  local from, to = #head + 1, #model - #tail
  for index = 2, #parts - 1 do
    local first, last = find(model, parts[index], from, true)
    if not first or last > to then return false end
    from = last + 1
  end
  return true
end

local function by_pattern(model)
  for _, prefixes in ipairs(CONFIG.prefixes) do
    local provider = prefixes.of[sub(model, 1, prefixes.length)]
    if provider then return provider end
  end
  for _, glob in ipairs(CONFIG.globs) do
    if fits(model, glob.parts) then return glob.provider end
  end
  return CONFIG.any
end

local function named_provider(model)
  local slash = find(model, "/", 1, true)
  if not slash or slash == #model then return nil end
  local id = sub(model, 1, slash - 1)
  if CONFIG.providers[id] then return id, sub(model, slash + 1) end
end

-- The provider's id and the model without `id/`; nil when nobody serves it.
local function serve(model, forced)
  if forced then
    local named, bare = named_provider(model)
    return forced, named == forced and not CONFIG.own_names[forced][model] and bare or model
  end
  if CONFIG.exact[model] then return CONFIG.exact[model], model end
  local named, bare = named_provider(model)
  if named then return named, bare end
  return by_pattern(model), model
end

return {serve = serve}
