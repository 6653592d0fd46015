-- Finds the model in a form (multipart/form-data, RFC 7578), and reads a body by what its request says it is.
-- prompt.lua and CONFIG.auto_models stand above this text. For Lua 5.1 and LuaJIT, without Envoy's API.
--
-- Parsers of forms differ in what ends a part, a header or a name. So a form is taken only where none can find
-- another model in it: the boundary stands nowhere but between parts, lines end in CRLF, names are quoted plainly.
-- Time is linear in the body.

local find, lower, match, sub = string.find, string.lower, string.match, string.sub

local PROBLEMS = {
  invalid_form = "the request body is not a form as its content-type says",
  ambiguous_form = "the form has two models, or a part whose name is missing or disguised",
  auto_form = "auto-routing reads what a chat says; name a model in a form",
}

-- The parameters in `text` from `at` on, `; name="value"` each, by their names in lower case; nil where a parser
-- may read them otherwise.
local function parameters(text, at)
  local found = {}
  while at <= #text do
    local name, start = match(text, "^[ \t]*;[ \t]*([%w_-]+%*?)=()", at)
    if not name then return nil end
    local value, behind = match(text, '^"([^"\\%c]*)"()', start)
    if not value then value, behind = match(text, '^([^%s"\\;,]+)()', start) end
    name = lower(name)
    if not value or found[name] then return nil end
    found[name], at = value, behind
  end
  return found
end

local function is_form(kind) return find(lower(kind or ""), "^multipart/form%-data") ~= nil end

local function boundary_of(kind)
  local told = parameters(kind, #"multipart/form-data" + 1)
  local boundary = told and not told["boundary*"] and told.boundary
  return boundary and #boundary <= 70 and boundary
end

-- What a part is called and its headers by their names in lower case; or nil and a problem.
local function head_of(text)
  local headers = {}
  for line in (text .. "\r\n"):gmatch("(.-)\r\n") do
    local name, value = match(line, "^([%w-]+):[ \t]*([^%c]*)$")
    if not name then return nil, "invalid_form" end
    name = lower(name)
    if headers[name] then return nil, "ambiguous_form" end
    headers[name] = value
  end
  local behind = match(lower(headers["content-disposition"] or ""), "^form%-data()")
  local told = behind and parameters(headers["content-disposition"], behind)
  if not told or not told.name or told["name*"] then return nil, "ambiguous_form" end
  return told.name, headers
end

local PLAIN = {["7bit"] = true, ["8bit"] = true, binary = true}

local function is_plain(headers)
  local encoding = headers["content-transfer-encoding"]
  return not encoding or PLAIN[lower(encoding)] or false
end

-- Calls visit(name, headers, first, last) for each part, with the place of its content; it may return a problem,
-- as this does.
local function each_part(body, boundary, visit)
  local line = "--" .. boundary
  if sub(body, 1, #line) ~= line then return "invalid_form" end
  local behind = #line + 1
  while sub(body, behind, behind + 1) ~= "--" do
    local first, last = find(body, "\r\n\r\n", behind, true) -- the end of its headers
    local next_line = first and find(body, line, behind, true)
    if not next_line or next_line < last + 3 or sub(body, behind, behind + 1) ~= "\r\n"
      or sub(body, next_line - 2, next_line - 1) ~= "\r\n" then
      return "invalid_form"
    end
    local name, headers = head_of(sub(body, behind + 2, first - 1))
    if not name then return headers end
    local problem = visit(name, headers, last + 1, next_line - 3)
    if problem then return problem end
    behind = next_line + #line
  end
  if not find(body, "^\r?\n?$", behind + 2) then return "invalid_form" end
end

-- {form, model, model_start, model_end}, or nil and the name of a problem. The model stands as it is, without
-- quotes, from `model_start` to `model_end`.
local function scan(body, kind)
  local boundary = boundary_of(kind)
  if not boundary then return nil, "invalid_form" end
  local start, finish
  local problem = each_part(body, boundary, function(name, headers, first, last)
    if lower(name) ~= "model" then return nil end
    if start or name ~= "model" or not is_plain(headers) then return "ambiguous_form" end
    start, finish = first, last
  end)
  if problem then return nil, problem end
  local model = start and sub(body, start, finish)
  problem = prompt.model_problem(model)
  if problem then return nil, problem end
  if CONFIG.auto_models[model] then return nil, "auto_form" end
  return {form = true, model = model, model_start = start, model_end = finish}
end

-- What scan() of this file or of prompt.lua says: whatever is not called a form is read as JSON.
local function read(body, kind)
  if is_form(kind) then return scan(body, kind) end
  return prompt.scan(body)
end

return {is_form = is_form, read = read, problems = PROBLEMS}
