-- What the gateway does with a request before it has a provider, and with a provider's answer.
--
-- Runs in Envoy's Lua filter of the listener. Above this text stand CONFIG (rendering/envoy_models.py), and the
-- modules prompt and usage. Constants of a configuration come as CONFIG, so a reload brings a new program.
-- Crossing into Envoy is what costs: metadata is set only where the next reader needs it.

-- More garbage between collections costs less than collecting it; large bodies see to it themselves.
collectgarbage("setpause", 400)

local byte, find, gsub, lower, sub = string.byte, string.find, string.gsub, string.lower, string.sub

local CHAT_PATH = "/v1/chat/completions"
local INJECTED = '"stream_options":{"include_usage":true},'

-- Answers of our own -----------------------------------------------------------------------------

local function escaped_character(character)
  if character == '"' or character == "\\" then return "\\" .. character end
  return string.format("\\u%04x", byte(character))
end

-- A JSON string; bytes that are not ASCII become `?` unless they are known to be UTF-8.
local function json_string(text, is_utf8)
  if not is_utf8 then text = gsub(text, "[\127-\255]", "?") end
  return '"' .. gsub(text, '[%c"\\]', escaped_character) .. '"'
end

local function respond(handle, status, body, more)
  local headers = more or {}
  headers[":status"] = status
  headers["content-type"] = "application/json"
  headers["x-aigw-generation"] = CONFIG.generation
  handle:respond(headers, body)
end

local ANTHROPIC_TYPES = {["404"] = "not_found_error", ["413"] = "request_too_large"}

local function is_anthropic(path) return find(path, "^/v1/messages") ~= nil end

-- problem: {status, message, code, param, type}; only the first two are needed.
local function error_body(path, problem)
  local message = json_string(problem.message, true)
  local kind = problem.type or "invalid_request_error"
  if is_anthropic(path) then
    kind = ANTHROPIC_TYPES[problem.status] or (problem.type and "api_error") or kind
    return '{"type":"error","error":{"type":"' .. kind .. '","message":' .. message .. "}}"
  end
  local param = problem.param and json_string(problem.param) or "null"
  return '{"error":{"message":' .. message .. ',"type":"' .. kind .. '","code":"'
    .. (problem.code or "invalid_request_error") .. '","param":' .. param .. "}}"
end

-- Envoy words its own 400s and the like; `refused` tells it that this answer has its words already.
local function refuse(handle, path, problem)
  handle:streamInfo():dynamicMetadata():set("aigw", "refused", true)
  respond(handle, problem.status, error_body(path, problem), problem.headers)
end

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

local function unknown_model(asked)
  local message = "model `" .. asked .. "` is not served by this gateway"
  if CONFIG.auto_models[asked] then
    message = "auto-routing is off, so model `" .. asked .. "` is not served; `aigw route default MODEL` switches it on"
  else
    local names = near(asked, CONFIG.listed)
    if #names > 0 then message = message .. "; did you mean " .. table.concat(names, " or ") .. "?" end
  end
  return {status = "404", code = "model_not_found", param = "model", message = message}
end

-- What the gateway answers itself ----------------------------------------------------------------

local function decoded(path)
  return (gsub(path, "%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function is_text(text) return not find(text, "[%c\128-\255]") end

local function own_body(path)
  if path == "/health" then return CONFIG.health end
  if path == "/v1/models" then return CONFIG.models end
  if sub(path, 1, 11) ~= "/v1/models/" then return nil end
  local id = decoded(sub(path, 12))
  if CONFIG.model[id] then return CONFIG.model[id] end
  return nil, unknown_model(is_text(id) and id or gsub(id, "[%c\128-\255]", "?"))
end

local function wrong_method(method, path, allowed)
  return {
    status = "405", code = "method_not_allowed", headers = {allow = allowed},
    message = path .. " takes " .. allowed .. " only, not " .. method,
  }
end

local function answer_ourselves(handle, method, path)
  local body, problem = own_body(path)
  if not body and not problem then
    local message = "unknown endpoint: " .. method .. " " .. gsub(path, "[%c\127-\255]", "?")
    problem = {status = "404", code = "unknown_url", message = message}
  elseif method ~= "GET" and method ~= "HEAD" then
    problem = wrong_method(method, path, "GET")
  end
  if problem then return refuse(handle, path, problem) end
  respond(handle, "200", body)
end

-- Which provider serves a model: aigw/spec/serving.py decides the same ----------------------------

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

local function unserved_api(id, api)
  local message = "provider `" .. id .. "` has no endpoint for this; "
  local others = CONFIG.serving[api]
  if others then
    message = message .. "these providers have one: " .. table.concat(others, ", ")
  else
    message = message .. "no provider of this gateway has one"
  end
  return {status = "501", code = "unsupported_endpoint", type = "server_error", message = message}
end

-- Auto-routing: Envoy's routes hold the rules and match them with RE2 -----------------------------

-- The model chosen and the name of the rule.
local function decided(handle, metadata, body, fields)
  local words = prompt.text(body, fields)
  if words == "" then return CONFIG.default, "default" end
  metadata:set("aigw", "prompt", words)
  handle:headers():replace("x-aigw-route", "auto")
  handle:clearRouteCache()
  local index = handle:metadata():get("rule")
  local rule = CONFIG.rules[index or 0]
  metadata:set("aigw", "prompt", "")
  handle:headers():remove("x-aigw-route")
  if rule then return rule.model, rule.name end
  return CONFIG.default, "default"
end

local function without_default()
  return {
    status = "404", code = "model_not_found", param = "model",
    message = "no routing rule matches and there is no default model; `aigw route default MODEL` sets one",
  }
end

-- Requests for a provider ------------------------------------------------------------------------

local turns = {}

-- Routes stand for the keys of a provider, which take turns.
local function next_route(id)
  local routes = CONFIG.providers[id].routes
  local turn = (turns[id] or 0) % #routes + 1
  turns[id] = turn
  return routes[turn]
end

-- Writes out an escaped model plainly and asks for usage where the client did not; all other bytes stay.
local function changed_body(body, fields, injects)
  local model = '"' .. fields.model .. '"'
  local head, tail = sub(body, 1, fields.model_start - 1), sub(body, fields.model_end + 1)
  if not injects then return head .. model .. tail, fields.model_start end
  local start = fields.object_start
  local at = fields.model_start + #INJECTED
  return sub(head, 1, start) .. INJECTED .. sub(head, start + 1) .. model .. tail, at
end

-- request: {path, query, body, fields, forced}
local function send(handle, request, id, model)
  local metadata = handle:streamInfo():dynamicMetadata()
  local provider, fields = CONFIG.providers[id], request.fields
  local injects = provider.injects and fields.stream and not fields.stream_options and request.path == CHAT_PATH
  local at = fields.model_start
  if injects or fields.model_escaped then
    local body
    body, at = changed_body(request.body, fields, injects)
    handle:body():setBytes(body)
  end
  metadata:set("aigw", "model", fields.model)
  if provider.renames or model ~= fields.model then
    metadata:set("aigw", "target", model)
    metadata:set("aigw", "at", at)
  end
  if request.path ~= CHAT_PATH then metadata:set("aigw", "path", request.path) end
  if request.query then metadata:set("aigw", "query", request.query) end
  if injects then metadata:set("aigw", "injected", true) end
  handle:headers():replace("x-aigw-route", next_route(id))
  handle:clearRouteCache()
end

local function choose_and_send(handle, request)
  local fields, target = request.fields, request.fields.model
  if CONFIG.auto and CONFIG.auto_models[target] then
    local metadata, rule = handle:streamInfo():dynamicMetadata(), nil
    target, rule = decided(handle, metadata, request.body, fields)
    if target == "" then return refuse(handle, request.path, without_default()) end
    metadata:set("aigw", "rule", rule)
  end
  local id, model = serve(target, request.forced)
  if not id then return refuse(handle, request.path, unknown_model(target)) end
  local api = CONFIG.apis[request.path]
  if not CONFIG.providers[id].apis[api] then return refuse(handle, request.path, unserved_api(id, api)) end
  send(handle, request, id, model)
end

local function unknown_provider(id)
  local message = "there is no provider `" .. gsub(id, "[%c\127-\255]", "?") .. "`, as x-aigw-provider asks for"
  return {status = "404", code = "provider_not_found", param = "x-aigw-provider", message = message}
end

-- Why a request cannot be read at all; nil if it can.
local function refused_by_headers(headers, method, path)
  if method ~= "POST" then return wrong_method(method, path, "POST") end
  local encoding = headers:get("content-encoding")
  if encoding and lower(encoding) ~= "identity" then
    return {
      status = "415", code = "unsupported_content_encoding",
      message = "compressed request bodies are not accepted; send it without content-encoding",
    }
  end
  local forced = headers:get("x-aigw-provider")
  if forced and not CONFIG.providers[forced] then return unknown_provider(forced) end
end

local function split_path(whole)
  local question = find(whole, "?", 1, true)
  if not question then return whole, nil end
  return sub(whole, 1, question - 1), sub(whole, question)
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local method = headers:get(":method")
  local path, query = split_path(headers:get(":path"))
  if not CONFIG.apis[path] then return answer_ourselves(handle, method, path) end
  local problem = refused_by_headers(headers, method, path)
  if problem then return refuse(handle, path, problem) end
  local forced = headers:get("x-aigw-provider")
  local buffer = handle:body() -- from here on older wrappers of Envoy's values are dead
  local body = buffer and buffer:getBytes(0, buffer:length()) or ""
  local fields, name = prompt.scan(body)
  if not fields then
    local param = find(name, "model", 1, true) and "model" or nil
    return refuse(handle, path, {status = "400", param = param, message = prompt.problems[name]})
  end
  choose_and_send(handle, {path = path, query = query, body = body, fields = fields, forced = forced})
end

-- Answers of a provider --------------------------------------------------------------------------

-- A client that is told 401 takes its own key for wrong, and some then stop asking for a while.
local function hide_rejection(handle, headers, provider)
  local status = headers:get(":status")
  local metadata = handle:streamInfo():dynamicMetadata()
  local asked = metadata:get("aigw")
  metadata:set("aigw", "upstream_status", tonumber(status))
  local body = error_body(asked and asked.path or CHAT_PATH, {
    status = "502", type = "server_error", code = "provider_auth_failed",
    message = "provider `" .. provider .. "` refused our key (" .. status .. "); see `aigw config list`",
  })
  headers:replace(":status", "502")
  headers:replace("content-type", "application/json")
  for _, name in ipairs({"www-authenticate", "content-encoding", "retry-after"}) do headers:remove(name) end
  local length = handle:body(true):setBytes(body)
  handle:headers():replace("content-length", tostring(length))
end

local function note_usage(handle, reader)
  handle:streamInfo():dynamicMetadata():set("aigw", "usage", usage.result(reader))
end

-- A JSON answer tells its usage once, so the rest of it passes unseen.
local function watch_answer(handle)
  local reader = usage.reader()
  for chunk in handle:bodyChunks() do
    local length = chunk:length()
    if length > 0 and usage.feed(reader, chunk:getBytes(0, length)) then return note_usage(handle, reader) end
  end
end

-- The first usage is noted at once, for the client may leave before the end.
local function watch_stream(handle)
  local asked = handle:streamInfo():dynamicMetadata():get("aigw")
  local hider = asked and asked.injected and usage.hider()
  local reader, noted, newer = usage.reader(), false, false
  for chunk in handle:bodyChunks() do
    local length = chunk:length()
    local piece = length > 0 and chunk:getBytes(0, length) or ""
    newer = usage.feed(reader, piece) or newer
    if newer and not noted then
      note_usage(handle, reader)
      noted, newer = true, false
    end
    if hider then
      local passed = length > 0 and usage.hide(hider, piece) or usage.release(hider)
      if passed ~= piece then chunk:setBytes(passed) end
    end
  end
  if newer then note_usage(handle, reader) end
end

function envoy_on_response(handle)
  local headers = handle:headers()
  local status = headers:get(":status")
  if status == "200" then
    local kind = headers:get("content-type") or ""
    if find(kind, "json", 1, true) then return watch_answer(handle) end
    if find(kind, "event-stream", 1, true) then return watch_stream(handle) end
  elseif status == "401" or status == "403" then
    local provider = headers:get("x-aigw-provider")
    if provider then hide_rejection(handle, headers, provider) end
  end
end
