-- A problem in the shape of the API that was asked: OpenAI's or Anthropic's.

local byte, find, gsub = string.byte, string.find, string.gsub

local function escaped_character(character)
  if character == '"' or character == "\\" then return "\\" .. character end
  return string.format("\\u%04x", byte(character))
end

-- A JSON string; the text is UTF-8.
local function json_string(text)
  return '"' .. gsub(text, '[%c"\\]', escaped_character) .. '"'
end

local ANTHROPIC_TYPES = {["401"] = "authentication_error", ["404"] = "not_found_error", ["413"] = "request_too_large"}

local function is_anthropic(path) return find(path, "^/v1/messages") ~= nil end

-- problem: {status, message, code, param, type}; only the first two are needed.
local function body(path, problem)
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

return {body = body, json_string = json_string}
