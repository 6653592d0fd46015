-- Makes a request one for this provider: its path, its own headers, its name of the model.
--
-- Runs once an attempt in the Lua filter of the provider's cluster. Above this text stands CONFIG
-- (rendering/envoy_clusters.py). The body is touched only when the model has another name there.

local find, format, gsub, match, sub = string.find, string.format, string.gsub, string.match, string.sub

local CHAT_PATH = "/v1/chat/completions"

local function named(model)
  local mapped = CONFIG.models[model] or model
  if sub(mapped, 1, #CONFIG.prefix) == CONFIG.prefix then return mapped end
  return CONFIG.prefix .. mapped
end

local function with_query(path, query)
  if not query then return path end
  return path .. (find(path, "?", 1, true) and gsub(query, "^%?", "&") or query)
end

local function json_string(text)
  return '"' .. gsub(text, '[%c"\\]', function(character)
    return format("\\u%04x", string.byte(character))
  end) .. '"'
end

-- The model stands at a known place, written plainly: templates/envoy/gateway.lua saw to it.
local function rewrite(handle, at, length, written)
  local buffer = handle:body()
  local body = buffer:getBytes(0, buffer:length())
  buffer:setBytes(sub(body, 1, at - 1) .. written .. sub(body, at + length))
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local metadata = handle:streamInfo():dynamicMetadata()
  local asked = metadata:get("aigw")
  local endpoint = CONFIG.endpoints[asked.path or CHAT_PATH]
  headers:replace(":path", with_query(endpoint.path, asked.query))
  for name, value in pairs(endpoint.headers) do headers:replace(name, value) end
  for _, name in ipairs(endpoint.unwanted) do headers:remove(name) end
  if not asked.target then return end
  local form, at, target = match(asked.target, "^(%a* ?)(%d+) (.*)$")
  local model = named(target)
  if model == asked.model then return end
  metadata:set("aigw", "served", model)
  if form ~= "" then return rewrite(handle, tonumber(at), #asked.model, model) end
  rewrite(handle, tonumber(at), #asked.model + 2, json_string(model))
end
