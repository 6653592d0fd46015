-- What the gateway answers by itself: models, health, and problems in the shape of the API that was asked.
-- CONFIG and problems.lua stand above this text.

local byte, find, gsub, sub = string.byte, string.find, string.gsub, string.sub

local function escaped_character(character)
  if character == '"' or character == "\\" then return "\\" .. character end
  return string.format("\\u%04x", byte(character))
end

-- A JSON string; the text is UTF-8.
local function json_string(text)
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
  local message = json_string(problem.message)
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
  return nil, problems.unknown_model(is_text(id) and id or gsub(id, "[%c\128-\255]", "?"))
end

local function answer_ourselves(handle, method, path)
  local body, problem = own_body(path)
  if not body and not problem then
    problem = problems.unknown_endpoint(method, path)
  elseif method ~= "GET" and method ~= "HEAD" then
    problem = problems.wrong_method(method, path, "GET")
  end
  if problem then return refuse(handle, path, problem) end
  respond(handle, "200", body)
end

return {error_body = error_body, refuse = refuse, answer_ourselves = answer_ourselves}
