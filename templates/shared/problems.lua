-- What can be wrong with a request, as {status, message, code, param, type, headers}; only the first two
-- are always there. For Lua 5.1 and LuaJIT, without Envoy's API; CONFIG.auto_models, prompt and forms stand above.

local byte, find, gsub, lower = string.byte, string.find, string.gsub, string.lower

-- Names like the one asked for -------------------------------------------------------------------

local LONGEST_COMPARED = 64
local MOST_COMPARED = 1000

local function edits(a, b)
  local row = {}
  for column = 0, #b do row[column] = column end
  for line = 1, #a do
    local diagonal = row[0]
    row[0] = line
    for column = 1, #b do
      local cost = byte(a, line) == byte(b, column) and 0 or 1
      local best = math.min(diagonal + cost, row[column] + 1, row[column - 1] + 1)
      diagonal, row[column] = row[column], best
    end
  end
  return row[#b]
end

-- Up to three names of which at least six tenths are alike, the likeliest first.
local function near(asked, names)
  local found = {}
  if #asked > LONGEST_COMPARED then return found end
  for index = 1, math.min(#names, MOST_COMPARED) do
    local name = names[index]
    local longer = math.max(#name, #asked)
    if math.abs(#name - #asked) <= longer * 0.4 and longer <= LONGEST_COMPARED then
      local distance = edits(lower(asked), lower(name)) / longer
      if distance <= 0.4 then found[#found + 1] = {name = name, distance = distance, index = index} end
    end
  end
  table.sort(found, function(a, b)
    if a.distance ~= b.distance then return a.distance < b.distance end
    return a.index < b.index
  end)
  for index, entry in ipairs(found) do found[index] = index <= 3 and "`" .. entry.name .. "`" or nil end
  return found
end

-- Problems ---------------------------------------------------------------------------------------

-- `names` are those that the gateway lists.
local function unknown_model(asked, names)
  local message = "model `" .. asked .. "` is not served by this gateway"
  if CONFIG.auto_models[asked] then
    message = "auto-routing is off, so model `" .. asked .. "` is not served; "
      .. "`aigw route default MODEL` switches it on"
  else
    local meant = near(asked, names)
    if #meant > 0 then message = message .. "; did you mean " .. table.concat(meant, " or ") .. "?" end
  end
  return {status = "404", code = "model_not_found", param = "model", message = message}
end

local function without_default()
  return {
    status = "404", code = "model_not_found", param = "model",
    message = "no routing rule matches and there is no default model; `aigw route default MODEL` sets one",
  }
end

-- `others` are the providers that have an endpoint for it, nil when none has.
local function unserved_api(id, others)
  local message = "provider `" .. id .. "` has no endpoint for this; "
  if others then
    message = message .. "these providers have one: " .. table.concat(others, ", ")
  else
    message = message .. "no provider of this gateway has one"
  end
  return {status = "501", code = "unsupported_endpoint", type = "server_error", message = message}
end

local function unknown_provider(id)
  local message = "there is no provider `" .. gsub(id, "[%c\127-\255]", "?") .. "`, as x-aigw-provider asks for"
  return {status = "404", code = "provider_not_found", param = "x-aigw-provider", message = message}
end

local function wrong_method(method, path, allowed)
  return {
    status = "405", code = "method_not_allowed", headers = {allow = allowed},
    message = path .. " takes " .. allowed .. " only, not " .. method,
  }
end

local function compressed_body()
  return {
    status = "415", code = "unsupported_content_encoding",
    message = "compressed request bodies are not accepted; send it without content-encoding",
  }
end

local function foreign_page(origin)
  local message = "a page of `" .. gsub(origin, "[%c\127-\255]", "?") .. "` may not use this gateway"
  return {status = "403", code = "origin_not_allowed", message = message}
end

local function unreadable_body(name)
  local param = (find(name, "model", 1, true) or name == "auto_form") and "model" or nil
  return {status = "400", param = param, message = prompt.problems[name] or forms.problems[name]}
end

local function unknown_endpoint(method, path)
  local message = "unknown endpoint: " .. method .. " " .. gsub(path, "[%c\127-\255]", "?")
  return {status = "404", code = "unknown_url", message = message}
end

local function not_ready(what)
  return {
    status = "503", type = "server_error", code = "not_ready", headers = {["retry-after"] = "1"},
    message = "the gateway's " .. what .. " is not loaded yet",
  }
end

local function rejected_key(provider, status)
  return {
    status = "502", type = "server_error", code = "provider_auth_failed",
    message = "provider `" .. provider .. "` refused our key (" .. status .. "); see `aigw config list`",
  }
end

return {
  unknown_model = unknown_model, without_default = without_default, unserved_api = unserved_api,
  unknown_provider = unknown_provider, wrong_method = wrong_method, compressed_body = compressed_body,
  foreign_page = foreign_page, unreadable_body = unreadable_body, unknown_endpoint = unknown_endpoint, not_ready = not_ready,
  rejected_key = rejected_key,
}
