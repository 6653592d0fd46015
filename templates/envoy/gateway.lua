-- What the gateway does with a request before it has a provider, and with a provider's answer.
--
-- Runs in Envoy's Lua filter of the listener. Above this text stand CONFIG (rendering/envoy_models.py) and what
-- the other files beside this one return. CONFIG is one configuration, so a reload brings a new program.
-- Crossing into Envoy is what costs: metadata is set only where the next reader needs it.

local find, sub = string.find, string.sub

local CHAT_PATH = "/v1/chat/completions"
local INJECTED = '"stream_options":{"include_usage":true},'

-- Auto-routing: Envoy's routes hold the rules and match them with RE2 -----------------------------

local LONGEST_KEPT = 4096

-- The model chosen and the name of the rule. The words stand apart from what later readers ask for; long
-- ones are not kept while the answer streams.
local function decided(handle, metadata, body, fields)
  local words = prompt.text(body, fields)
  if words == "" then return CONFIG.default, "default" end
  metadata:set("aigw.prompt", "words", words)
  handle:headers():replace("x-aigw-route", "auto")
  handle:clearRouteCache()
  local index = handle:metadata():get("rule")
  local rule = CONFIG.rules[index or 0]
  if #words > LONGEST_KEPT then metadata:set("aigw.prompt", "words", "") end
  if rule then return rule.model, rule.name end
  return CONFIG.default, "default"
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
  local injects = provider.injects and request.path == CHAT_PATH
    and fields.stream and not fields.stream_options
  local at = fields.model_start
  if injects or fields.model_escaped then
    local body
    body, at = changed_body(request.body, fields, injects)
    handle:body():setBytes(body)
  end
  metadata:set("aigw", "model", fields.model)
  if provider.renames or model ~= fields.model then
    metadata:set("aigw", "target", (fields.form and "form " or "") .. at .. " " .. model)
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
    if target == "" then return answers.refuse(handle, request.path, problems.without_default()) end
    metadata:set("aigw", "rule", rule)
  end
  local id, model = serving.serve(target, request.forced)
  if not id then return answers.refuse(handle, request.path, problems.unknown_model(target, CONFIG.names)) end
  local api = CONFIG.apis[request.path]
  if not CONFIG.providers[id].apis[api] then
    return answers.refuse(handle, request.path, problems.unserved_api(id, CONFIG.serving[api]))
  end
  send(handle, request, id, model)
end

-- A longer pause between collections saves a twentieth of a request; so that it costs no memory, what
-- large bodies left is collected at once.
collectgarbage("setpause", 400)
local LARGE = 131072
local holds_large = false

local function collect_large()
  if not holds_large then return end
  holds_large = false
  collectgarbage()
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local method = headers:get(":method")
  local path, query = requests.split_path(headers:get(":path"))
  if not CONFIG.apis[path] then return answers.answer_ourselves(handle, method, path) end
  local problem = requests.refused_by_headers(headers, method, path)
  if problem then return answers.refuse(handle, path, problem) end
  local forced = headers:get("x-aigw-provider")
  if forced and not CONFIG.providers[forced] then
    return answers.refuse(handle, path, problems.unknown_provider(forced))
  end
  local kind = headers:get("content-type")
  local buffer = handle:body() -- from here on older wrappers of Envoy's values are dead
  local body = buffer and buffer:getBytes(0, buffer:length()) or ""
  holds_large = holds_large or #body > LARGE
  local fields, name = forms.read(body, kind)
  if not fields then return answers.refuse(handle, path, problems.unreadable_body(name)) end
  choose_and_send(handle, {path = path, query = query, body = body, fields = fields, forced = forced})
end

-- Answers of a provider --------------------------------------------------------------------------

-- A client that is told 401 takes its own key for wrong, and some then stop asking for a while.
local function hide_rejection(handle, headers, provider)
  local status = headers:get(":status")
  local metadata = handle:streamInfo():dynamicMetadata()
  local asked = metadata:get("aigw")
  metadata:set("aigw", "upstream_status", tonumber(status))
  local path = asked and asked.path or CHAT_PATH
  local body = errors.body(path, problems.rejected_key(provider, status))
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
    if length > 0 and usage.feed(reader, chunk:getBytes(0, length)) then
      return note_usage(handle, reader)
    end
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
  collect_large()
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
