-- What the gateway answers by itself: models, health, and problems in the shape of the API that was asked.
-- problems.lua, errors.lua and known() stand above this text; what known(handle) returns has `generation`,
-- `health`, `models` (JSON), `names` (of models) and `entry(name)` (one model's JSON).

local find, gsub, sub = string.find, string.gsub, string.sub

local function respond(handle, status, body, more)
  local headers = more or {}
  headers[":status"] = status
  headers["content-type"] = "application/json"
  headers["x-aigw-generation"] = known(handle).generation
  handle:respond(headers, body)
end

-- Envoy words its own 400s and the like; `refused` tells it that this answer has its words already.
local function refuse(handle, path, problem)
  handle:streamInfo():dynamicMetadata():set("aigw", "refused", true)
  respond(handle, problem.status, errors.body(path, problem), problem.headers)
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
  local body, problem = own_body(path, known(handle))
  if not body and not problem then
    problem = problems.unknown_endpoint(method, path)
  elseif method ~= "GET" and method ~= "HEAD" then
    problem = problems.wrong_method(method, path, "GET")
  end
  if problem then return refuse(handle, path, problem) end
  respond(handle, "200", body)
end

return {refuse = refuse, answer_ourselves = answer_ourselves}
