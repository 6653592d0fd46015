-- What the gateway answers by itself: models, health, and problems in the shape of the API that was asked.
-- problems.lua, errors.lua and known() stand above this text; what known(handle) returns has `generation`,
-- `health`, `models` (JSON), `names` (of models) and `entry(name)` (one model's JSON).

local find, gsub, sub = string.find, string.gsub, string.sub

local function respond(handle, generation, answer)
  local headers = answer.headers or {}
  headers[":status"] = answer.status
  headers["content-type"] = "application/json"
  headers["x-aigw-generation"] = generation
  handle:respond(headers, answer.body)
end

-- Envoy words its own 400s and the like; `refused` tells it that this answer has its words already.
-- `here` is what known() returned, where that was asked before.
local function refuse(handle, path, problem, here)
  handle:streamInfo():dynamicMetadata():set("aigw", "refused", true)
  local answer = {status = problem.status, headers = problem.headers, body = errors.body(path, problem)}
  respond(handle, (here or known(handle)).generation, answer)
end

local function decoded(path)
  return (gsub(path, "%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function is_text(text) return not find(text, "[%c\128-\255]") end

local function own_body(path, here)
  if not here.generation then return nil, problems.not_ready("table of models") end
  if path == "/health" then return here.health end
  if path == "/v1/models" then return here.models end
  if sub(path, 1, 11) ~= "/v1/models/" then return nil end
  local id = decoded(sub(path, 12))
  local entry = here.entry(id)
  if entry then return entry end
  return nil, problems.unknown_model(is_text(id) and id or gsub(id, "[%c\128-\255]", "?"), here.names)
end

local function answer_ourselves(handle, method, path)
  local here = known(handle)
  local body, problem = own_body(path, here)
  if not body and not problem then
    problem = problems.unknown_endpoint(method, path)
  elseif method ~= "GET" and method ~= "HEAD" then
    problem = problems.wrong_method(method, path, "GET")
  end
  if problem then return refuse(handle, path, problem, here) end
  respond(handle, here.generation, {status = "200", body = body})
end

return {refuse = refuse, answer_ourselves = answer_ourselves}
