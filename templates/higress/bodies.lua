-- Bodies of requests: another model in one, and what the model router is shown in place of one.
-- errors.lua stands above this text.

local find, gsub, sub = string.find, string.gsub, string.sub

-- All other bytes stay; `first` and `last` are the place of the model, in JSON with its quotes.
local function with_model(body, first, last, model, is_form)
  return sub(body, 1, first - 1) .. (is_form and model or errors.json_string(model)) .. sub(body, last + 1)
end

-- The router reads the last message of a user, in plain JSON alone: it is shown that and nothing else.
local function for_router(words)
  return '{"model":"higress/auto","messages":[{"role":"user","content":' .. errors.json_string(words) .. "}]}"
end

-- Envoy's metadata ends at a NUL.
local PACKED = {["\0"] = "\1\2", ["\1"] = "\1\3"}
local UNPACKED = {["\2"] = "\0", ["\3"] = "\1"}

local function is_packed(body) return find(body, "\0", 1, true) ~= nil end
local function packed(body) return (gsub(body, "[%z\1]", PACKED)) end
local function unpacked(body) return (gsub(body, "\1(.)", UNPACKED)) end

return {
  with_model = with_model, for_router = for_router,
  is_packed = is_packed, packed = packed, unpacked = unpacked,
}
