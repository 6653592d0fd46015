-- Finds the model and the person's prompt in the JSON body of a request.
--
-- Pure functions over strings for Lua 5.1 and LuaJIT, so that every engine can carry this file.
-- Returns {scan, text, value_at, model_problem, problems}; aigw/spec/prompt.py is the same recipe for parsed JSON.
--
-- `scan` judges all that decides where a member begins and ends: brackets, commas, colons, numbers, words.
-- Inside strings it judges only top-level keys and the model. So raw control characters, bad escapes and
-- bad UTF-8 in other strings pass, for the provider to refuse: no parser finds another model for them.
-- Time and memory are linear in the body, and nothing here recurses.

local byte, char, find, gsub, lower, rep, sub =
  string.byte, string.char, string.find, string.gsub, string.lower, string.rep, string.sub
local concat, floor = table.concat, math.floor

local QUOTE, BACKSLASH, COMMA, COLON, POINT = 34, 92, 44, 58, 46
local BRACE, BRACE_END, BRACKET, BRACKET_END = 123, 125, 91, 93
local CLOSING = {[BRACE] = BRACE_END, [BRACKET] = BRACKET_END}
local WORDS = {[116] = "true", [102] = "false", [110] = "null"}
local MAX_DEPTH = 512
local MAX_MODEL_BYTES = 4096
local MAX_PROMPT_BYTES = 1048576
local REPLACEMENT = "\239\191\189"

local PROBLEMS = {
  invalid_json = "the request body is not a JSON object",
  ambiguous_json = "the request body has a duplicate or disguised top-level key",
  too_deep = "the request body is nested deeper than " .. MAX_DEPTH .. " levels",
  model_required = "you must provide a model parameter",
  invalid_model = "the model must be a string of at most " .. MAX_MODEL_BYTES
    .. " bytes of UTF-8, without control characters, quotes and backslashes",
}

-- JSON as positions in the body ------------------------------------------------------------------

local function past_blanks(body, at)
  local first = byte(body, at)
  if first and first > 32 then return at, first end
  at = find(body, "[^ \t\r\n]", at)
  if at then return at, byte(body, at) end
end

-- Plain search and the parity of backslashes: several times cheaper than a character class.
local function string_end(body, at)
  while true do
    at = find(body, '"', at + 1, true)
    if not at then return nil end
    local before = at - 1
    while byte(body, before) == BACKSLASH do before = before - 1 end
    if (at - before) % 2 == 1 then return at end
  end
end

-- Byte by byte: bodies of embeddings hold many short numbers, and a pattern costs more than it scans.
local function past_digits(body, at)
  local octet = byte(body, at)
  while octet and octet >= 48 and octet <= 57 do
    at = at + 1
    octet = byte(body, at)
  end
  return at, octet
end

local function number_end(body, at, octet)
  local start = octet == 45 and at + 1 or at
  at, octet = past_digits(body, start)
  if at == start or (at > start + 1 and byte(body, start) == 48) then return nil end
  if octet == POINT then
    start = at + 1
    at, octet = past_digits(body, start)
    if at == start then return nil end
  end
  if octet == 101 or octet == 69 then
    local _, last = find(body, "^[+-]?%d+", at + 1)
    return last
  end
  return at - 1
end

local function scalar_end(body, at, first)
  if first == QUOTE then return string_end(body, at) end
  local word = WORDS[first]
  if not word then return at and number_end(body, at, first) end
  local last = at + #word - 1
  return sub(body, at, last) == word and last or nil
end

-- The key that begins at `at`, then the place and first byte of its value.
local function key_and_value(body, at, first)
  local last = first == QUOTE and string_end(body, at)
  if not last then return nil end
  local colon, found = past_blanks(body, last + 1)
  if found ~= COLON then return nil end
  return sub(body, at + 1, last - 1), past_blanks(body, colon + 1)
end

local stack = {} -- closing brackets awaited; shared, for nothing here yields

local function value_end(body, at, first)
  local depth = 0
  repeat
    local ended
    local closing = CLOSING[first]
    if closing then
      depth = depth + 1
      if depth > MAX_DEPTH then return nil, "too_deep" end
      stack[depth] = closing
      at, first = past_blanks(body, at + 1)
      ended = first == closing
      if ended then depth = depth - 1 end
    else
      at = scalar_end(body, at, first)
      if not at then return nil end
      ended = true
    end
    while ended and depth > 0 do
      at, first = past_blanks(body, at + 1)
      if first == COMMA then
        at, first = past_blanks(body, at + 1)
        ended = false
      elseif first == stack[depth] then
        depth = depth - 1
      else
        return nil
      end
    end
    if not ended and stack[depth] == BRACE_END then
      local key
      key, at, first = key_and_value(body, at, first)
      if not key then return nil end
    end
  until ended
  return at
end

-- Calls visit(state, key, first, last) for each member; returns the object's end, or nil and a problem.
local function each_member(body, at, visit, state)
  local first
  at, first = past_blanks(body, at + 1)
  if first == BRACE_END then return at end
  while true do
    local key, start, start_byte = key_and_value(body, at, first)
    if not start then return nil, "invalid_json" end
    local last, problem = value_end(body, start, start_byte)
    if not last then return nil, problem or "invalid_json" end
    problem = visit(state, key, start, last)
    if problem then return nil, problem end
    at, first = past_blanks(body, last + 1)
    if first == BRACE_END then return at end
    if first ~= COMMA then return nil, "invalid_json" end
    at, first = past_blanks(body, at + 1)
  end
end

-- Calls visit(state, body, at, first) for each element; it returns the element's end.
local function each_element(body, at, visit, state)
  local first
  at, first = past_blanks(body, at + 1)
  while at and first ~= BRACKET_END do
    at, first = past_blanks(body, visit(state, body, at, first) + 1)
    if first == COMMA then at, first = past_blanks(body, at + 1) end
  end
end

-- Strings ----------------------------------------------------------------------------------------

local SIMPLE = {b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/"}
local HEX = {}
for digit = 0, 15 do
  HEX[byte(string.format("%x", digit))] = digit
  HEX[byte(string.format("%X", digit))] = digit
end

local function utf8_of(point)
  if point < 0x80 then return char(point) end
  if point < 0x800 then return char(0xC0 + floor(point / 0x40), 0x80 + point % 0x40) end
  if point < 0x10000 then
    return char(0xE0 + floor(point / 0x1000), 0x80 + floor(point / 0x40) % 0x40, 0x80 + point % 0x40)
  end
  return char(0xF0 + floor(point / 0x40000), 0x80 + floor(point / 0x1000) % 0x40,
    0x80 + floor(point / 0x40) % 0x40, 0x80 + point % 0x40)
end

-- The 16 bits written as \uXXXX at `at`, or nil.
local function code_unit(raw, at)
  local slash, u, a, b, c, d = byte(raw, at, at + 5)
  if slash ~= BACKSLASH or u ~= 117 or not d then return nil end
  a, b, c, d = HEX[a], HEX[b], HEX[c], HEX[d]
  return a and b and c and d and ((a * 16 + b) * 16 + c) * 16 + d
end

-- What the escape at `at` stands for, and its length; a bad one stands for itself.
local function escape_at(raw, at)
  local unit = code_unit(raw, at)
  if not unit then
    local written = sub(raw, at, at + 1)
    return SIMPLE[sub(written, 2)] or written, 2
  end
  if unit < 0xD800 or unit > 0xDFFF then return utf8_of(unit), 6 end
  local low = unit < 0xDC00 and code_unit(raw, at + 6)
  if not low or low < 0xDC00 or low > 0xDFFF then return REPLACEMENT, 6 end
  return utf8_of(0x10000 + (unit - 0xD800) * 0x400 + low - 0xDC00), 12
end

local function unescaped(raw)
  local at = find(raw, "\\", 1, true)
  if not at then return raw end
  if not find(raw, "\\u", at, true) then return (gsub(raw, "\\(.)", SIMPLE)) end
  local parts, count, from = {}, 0, 1
  while at do
    if at > from then
      count = count + 1
      parts[count] = sub(raw, from, at - 1)
    end
    local length
    count = count + 1
    parts[count], length = escape_at(raw, at)
    from = at + length
    at = find(raw, "\\", from, true)
  end
  parts[count + 1] = sub(raw, from)
  return concat(parts)
end

local function continues(octet) return octet and octet >= 0x80 and octet <= 0xBF end

-- How many bytes at `at` belong together, and whether they are one whole character (Unicode, table 3-7).
local function character_at(text, at)
  local lead, second, third, fourth = byte(text, at, at + 3)
  if lead < 0xC2 or lead > 0xF4 then return 1, lead < 0x80 end
  if not continues(second)
    or (lead == 0xE0 and second < 0xA0) or (lead == 0xED and second > 0x9F)
    or (lead == 0xF0 and second < 0x90) or (lead == 0xF4 and second > 0x8F) then
    return 1, false
  end
  if lead < 0xE0 then return 2, true end
  if not continues(third) then return 2, false end
  if lead < 0xF0 then return 3, true end
  if not continues(fourth) then return 3, false end
  return 4, true
end

-- Eight at a time: compiled, twenty times as fast as the class alone.
local function next_high(text, at)
  local last = #text - 7
  while at <= last do
    local a, b, c, d, e, f, g, h = byte(text, at, at + 7)
    if a > 127 or b > 127 or c > 127 or d > 127 or e > 127 or f > 127 or g > 127 or h > 127 then break end
    at = at + 8
  end
  return find(text, "[\128-\255]", at)
end

local function is_utf8(text)
  local at = next_high(text, 1)
  while at do
    local length, whole = character_at(text, at)
    if not whole then return false end
    at = at + length
    local octet = byte(text, at)
    if not octet then return true end
    if octet < 0x80 then at = next_high(text, at) end
  end
  return true
end

local function mended(octets)
  local length, whole = character_at(octets, 1)
  return (whole and sub(octets, 1, length) or REPLACEMENT) .. rep(REPLACEMENT, #octets - length)
end

-- Rules match whole characters only, so a broken one would make every rule fail; and Envoy's metadata
-- ends at a NUL.
local function as_text(octets)
  if find(octets, "\0", 1, true) then octets = gsub(octets, "%z", REPLACEMENT) end
  if is_utf8(octets) then return octets end
  return (gsub(octets, "[\128-\255][\128-\191]*", mended))
end

local function text_at(body, at)
  return unescaped(sub(body, at + 1, string_end(body, at) - 1))
end

local function is_text(body, at, wanted)
  return at and byte(body, at) == QUOTE and text_at(body, at) == wanted
end

-- scan -------------------------------------------------------------------------------------------

local WATCHED = {model = true, messages = true, input = true, stream = true, stream_options = true}

-- Some parsers ignore case (Go) or drop what they cannot read, and then see one of our keys.
local function is_disguised(key)
  return find(key, "\\", 1, true) or WATCHED[gsub(lower(key), "[%c\128-\255]", "")]
end

local function note_place(places, key, first, last)
  if WATCHED[key] then
    if places[key] then return "ambiguous_json" end
    places[key] = first
    if key == "model" then places.model_end = last end
  elseif find(key, "[^%l%d_]") and is_disguised(key) then
    return "ambiguous_json"
  end
end

-- Why a text cannot be the name of a model; nil if it can.
local function model_problem(model)
  if not model or model == "" then return "model_required" end
  if #model > MAX_MODEL_BYTES or find(model, '[%c"\\]') or find(model, "\194[\128-\159]")
    or find(model, REPLACEMENT, 1, true) or not is_utf8(model) then
    return "invalid_model"
  end
end

-- The model, and whether it was written with escapes; or nil and a problem.
local function read_model(body, first, last)
  if not first or byte(body, first) == 110 then return nil, "model_required" end
  if byte(body, first) ~= QUOTE then return nil, "invalid_model" end
  local raw = sub(body, first + 1, last - 1)
  local model = unescaped(raw)
  local problem = model_problem(model)
  if problem then return nil, problem end
  return model, model ~= raw
end

local function list_of(body, places)
  local messages, input = places.messages, places.input
  if messages and byte(body, messages) == BRACKET then return messages, "messages" end
  local first = input and byte(body, input)
  if first == BRACKET or first == QUOTE then return input, "input" end
end

-- {model, model_start, model_end, model_escaped, stream, stream_options, list_start, list_kind, object_start},
-- or nil and the name of a problem. Starts and ends are the first and last byte of a value, quotes included;
-- `stream` says it is true, `stream_options` that it is there; `list_kind` is "messages", "input" or nil.
local function scan(body)
  local start, first = past_blanks(body, 1)
  if first ~= BRACE then return nil, "invalid_json" end
  local places = {}
  local last, problem = each_member(body, start, note_place, places)
  if not last then return nil, problem end
  if past_blanks(body, last + 1) then return nil, "invalid_json" end
  local model, escaped = read_model(body, places.model, places.model_end)
  if not model then return nil, escaped end
  local list_start, list_kind = list_of(body, places)
  return {
    model = model, model_start = places.model, model_end = places.model_end, model_escaped = escaped,
    stream = places.stream ~= nil and byte(body, places.stream) == 116,
    stream_options = places.stream_options ~= nil,
    list_start = list_start, list_kind = list_kind, object_start = start,
  }
end

-- text -------------------------------------------------------------------------------------------

local CONTEXT, CONTEXT_END = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>", "<<<END_OPENCLAW_INTERNAL_CONTEXT>>>"
local RUNTIME = "\n\nRuntime: agent="
local QUEUED = "[Queued user message from a previous active turn;"
local CONTINUE = "\n\nContinue the current task from the existing transcript,"

-- ASCII blanks, U+00A0 and U+3000: BLANKS in aigw/spec/prompt.py.
local function is_blank(octet) return octet == 32 or (octet and octet >= 9 and octet <= 13) end

local function trim(text)
  local from, to = 1, #text
  while from <= to do
    local a, b, c = byte(text, from, from + 2)
    if is_blank(a) then from = from + 1
    elseif a == 0xC2 and b == 0xA0 then from = from + 2
    elseif a == 0xE3 and b == 0x80 and c == 0x80 then from = from + 3
    else break end
  end
  while to >= from do
    local c = byte(text, to)
    if is_blank(c) then to = to - 1
    elseif c == 0xA0 and byte(text, to - 1) == 0xC2 then to = to - 2
    elseif c == 0x80 and byte(text, to - 1) == 0x80 and byte(text, to - 2) == 0xE3 then to = to - 3
    else break end
  end
  return sub(text, from, to)
end

local function without_context(text)
  local parts, from = {}, 1
  while true do
    local first, last = find(text, CONTEXT, from, true)
    local _, finish
    if first then _, finish = find(text, CONTEXT_END, last + 1, true) end
    if not finish then break end
    parts[#parts + 1] = sub(text, from, first - 1)
    from = finish + 1
  end
  if from == 1 then return text end
  parts[#parts + 1] = sub(text, from)
  return concat(parts)
end

-- Drops `[... 2026-11-21 00:30 UTC] ` at the start.
local function without_stamp(text)
  local last = byte(text, 1) == BRACKET and find(text, "]", 2, true)
  if not last then return text end
  local stamp = sub(text, 2, last - 1)
  if find(stamp, "\n", 1, true) or not find(stamp, "%d%d%d%d%-%d%d%-%d%d %d%d:%d%d") then return text end
  return sub(text, byte(text, last + 1) == 32 and last + 2 or last + 1)
end

local function without_queued(text)
  if sub(text, 1, #QUEUED) ~= QUEUED then return text end
  local last = find(text, "]", #QUEUED + 1, true)
  if not last or byte(text, last + 1) ~= 10 then return text end
  return sub(text, last + 2)
end

-- Drops the last paragraph when it begins with `marker` and is one line.
local function without_ending(text, marker)
  local first, last
  local next_first, next_last = find(text, marker, 1, true)
  while next_first do
    first, last = next_first, next_last
    next_first, next_last = find(text, marker, last + 1, true)
  end
  if not first or find(text, "\n", last + 1, true) then return text end
  return sub(text, 1, first - 1)
end

local function cleaned(text)
  text = without_stamp(trim(without_context(as_text(text))))
  text = without_queued(without_ending(text, RUNTIME))
  return trim(without_ending(text, CONTINUE))
end

local function cut(text)
  if #text <= MAX_PROMPT_BYTES then return text end
  local to = MAX_PROMPT_BYTES
  while continues(byte(text, to + 1)) do to = to - 1 end
  return sub(text, 1, to)
end

local READ = {role = true, content = true, type = true, text = true}
local TEXT_TYPES = {messages = {"text"}, input = {"input_text", "text"}}

-- Of duplicate keys the last one counts, as with nearly every parser.
local function keep_place(places, key, first)
  if find(key, "\\", 1, true) then key = unescaped(key) end
  if READ[key] then places[key] = first end
end

local function add_user_content(contents, body, at, first)
  if first ~= BRACE then return (value_end(body, at, first)) end
  local places = {}
  local last = each_member(body, at, keep_place, places)
  if places.content and is_text(body, places.role, "user") then contents[#contents + 1] = places.content end
  return last
end

local function add_text_part(parts, body, at, first)
  if first ~= BRACE then return (value_end(body, at, first)) end
  local places = {}
  local last = each_member(body, at, keep_place, places)
  if places.text and byte(body, places.text) == QUOTE
    and (is_text(body, places.type, parts.types[1]) or is_text(body, places.type, parts.types[2])) then
    parts[#parts + 1] = places.text
  end
  return last
end

-- What a message's content says: the last part that says anything.
local function said(body, content, types)
  local first = byte(body, content)
  if first == QUOTE then return cleaned(text_at(body, content)) end
  if first ~= BRACKET then return "" end
  local parts = {types = types}
  each_element(body, content, add_text_part, parts)
  for index = #parts, 1, -1 do
    local words = cleaned(text_at(body, parts[index]))
    if words ~= "" then return words end
  end
  return ""
end

-- The person's prompt, UTF-8, at most 1 MiB of it; "" when there is none. `fields` come from scan(body).
local function text(body, fields)
  local list = fields.list_start
  if not list then return "" end
  if byte(body, list) == QUOTE then return cut(cleaned(text_at(body, list))) end
  local contents = {}
  each_element(body, list, add_user_content, contents)
  for index = #contents, 1, -1 do
    local words = said(body, contents[index], TEXT_TYPES[fields.list_kind])
    if words ~= "" then return cut(words) end
  end
  return ""
end

-- The JSON value that begins at `at`, as it is written.
local function value_at(body, at)
  return sub(body, at, value_end(body, at, byte(body, at)))
end

return {scan = scan, text = text, value_at = value_at, model_problem = model_problem, problems = PROBLEMS}
