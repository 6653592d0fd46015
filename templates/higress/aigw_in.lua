-- The first filter of the listener: cleans a request, judges it, and says which model it is for; finishes its
-- answer.
--
-- Above this text stand CONFIG (rendering/higress_edge.py) and what the other files return. It does not depend
-- on what is configured: a changed filter replaces the listener, which cuts long streams.

local find = string.find

local CHAT_PATH = "/v1/chat/completions"

-- The plugins read a body only under its own name. Returns that.
local function name_body(headers)
  headers:remove("content-encoding") -- `identity`
  local kind = headers:get("content-type") or ""
  if not find(kind, "application/json", 1, true) and not forms.is_form(kind) then
    headers:replace("content-type", "application/json")
  end
  return kind
end

-- request: {path, whole_path, body, fields, forced}
local function send(handle, metadata, request)
  local fields = request.fields
  local model, provider, problem = fields.model, nil, nil
  if routes.may_name(model, request.forced) then
    model, provider, problem = routes.named(known(handle), model, request.forced)
    if problem then return answers.refuse(handle, request.path, problem) end
  end
  routes.put(handle, model, provider)
  metadata:set("aigw", "model", model)
  if provider then metadata:set("aigw", "provider", provider) end
  if model ~= fields.model or fields.model_escaped then
    local first, last = fields.model_start, fields.model_end
    handle:body():setBytes(bodies.with_model(request.body, first, last, model, fields.form))
  end
end

-- The router decides by what it reads, so it reads what the person said; aigw_out.lua puts the request back.
local function ask_router(handle, metadata, request)
  local fields, body = request.fields, request.body
  local packs = bodies.is_packed(body)
  metadata:set("aigw.kept", "body", packs and bodies.packed(body) or body)
  metadata:set("aigw", "waits", {
    model = fields.model, first = fields.model_start, last = fields.model_end, path = request.whole_path,
    forced = request.forced, packed = packs,
  })
  handle:body():setBytes(bodies.for_router(prompt.text(body, fields)))
  handle:headers():replace(":path", CHAT_PATH) -- the router reads bodies of some paths only
end

local LARGE = 131072
local holds_large = false

local function collect_large()
  if not holds_large then return end
  holds_large = false
  collectgarbage()
end

local function enter(handle)
  local headers = handle:headers()
  local method, whole_path = headers:get(":method"), headers:get(":path")
  if names.is_others(handle) then
    return handle:streamInfo():dynamicMetadata():set("aigw", "others", true)
  end
  local forced, probes = headers:get("x-aigw-provider"), headers:get("x-aigw-probe")
  local credentials = hygiene(headers)
  local path = requests.split_path(whole_path)
  if not CONFIG.apis[path] then return answers.answer_ourselves(handle, method, path) end
  local problem = requests.refused_by_headers(headers, method, path)
  if problem then return answers.refuse(handle, path, problem) end
  local kind = name_body(headers)
  handle:streamInfo():dynamicMetadata():set("aigw", "path", path)
  local buffer = handle:body() -- from here on older wrappers of Envoy's values are dead
  local body = buffer and buffer:getBytes(0, buffer:length()) or ""
  holds_large = holds_large or #body > LARGE
  local fields, name = forms.read(body, kind)
  if not fields then return answers.refuse(handle, path, problems.unreadable_body(name)) end
  local metadata = handle:streamInfo():dynamicMetadata()
  if probes then metadata:set("aigw", "probes", true) end
  if credentials then metadata:set("aigw", "client", credentials) end
  local request = {path = path, whole_path = whole_path, body = body, fields = fields, forced = forced}
  local go = CONFIG.auto_models[fields.model] and ask_router or send
  go(handle, metadata, request)
  metadata:set("aigw", "checked", true)
end

function envoy_on_request(handle) safely(handle, enter) end

function envoy_on_response(handle)
  collect_large()
  local noted = handle:streamInfo():dynamicMetadata():get("aigw")
  if noted and not (noted.refused or noted.others) then replies.finish(handle, noted) end
end
