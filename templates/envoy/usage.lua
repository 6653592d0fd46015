-- Reads how many tokens an answer says it cost, from pieces cut anywhere, and takes the event out of a
-- stream that came only because the gateway asked for it.
--
-- Pure functions over strings for Lua 5.1 and LuaJIT. A quote within a JSON string is escaped, so plain
-- `"usage"` with `: {` behind it is a key, wherever it is found.

local find, match, sub = string.find, string.match, string.sub

local KEY = '"usage"'
local LONGEST_USAGE = 8192
local LONGEST_EVENT = 1048576

-- The first of the names that has a number.
local function tokens(object, ...)
  for _, name in ipairs({...}) do
    local digits = match(object, '"' .. name .. '"%s*:%s*(%d+)')
    if digits then return tonumber(digits) end
  end
end

-- OpenAI's names first, then Anthropic's and those of the responses API, then of single providers.
local function read(reader, object)
  local before = reader.found
  local function note(name, value)
    if value then reader[name], reader.found = value, true end
  end
  note("input", tokens(object, "prompt_tokens", "input_tokens"))
  note("output", tokens(object, "completion_tokens", "output_tokens"))
  note("cached", tokens(object, "cached_tokens", "cache_read_input_tokens", "prompt_cache_hit_tokens"))
  note("reasoning", tokens(object, "reasoning_tokens"))
  note("cache_read", tokens(object, "cache_read_input_tokens"))
  note("cache_written", tokens(object, "cache_creation_input_tokens"))
  note("total", tokens(object, "total_tokens"))
  return reader.found and not before
end

local function reader() return {rest = "", found = false} end

-- What may be the beginning of a key that the next piece goes on with.
local function unfinished_key(text)
  local tail = sub(text, 1 - #KEY)
  local quote = find(tail, '"', 1, true)
  return quote and sub(tail, quote) or ""
end

-- Reads the next piece; true when it held the first usage of the answer.
local function feed(self, piece)
  local text = self.rest == "" and piece or self.rest .. piece
  local at, first_seen, open_at = find(text, KEY, 1, true), false, nil
  while at do
    local start = match(text, "^%s*:%s*(){", at + #KEY)
    local object = start and match(text, "^%b{}", start)
    if object then
      first_seen = read(self, object) or first_seen
    elseif start or not find(text, "^%s*:?%s*[^%s:]", at + #KEY) then
      open_at = at
    end
    at = find(text, KEY, at + #KEY, true)
  end
  if open_at and #text - open_at < LONGEST_USAGE then
    self.rest = sub(text, open_at)
  else
    self.rest = unfinished_key(text)
  end
  return first_seen
end

-- {input, output, cached, reasoning}, what is not known left out; nil when nothing is.
local function result(self)
  if not self.found then return nil end
  local input = self.input
  if self.cache_read or self.cache_written then -- Anthropic counts these beside `input_tokens`
    input = (input or 0) + (self.cache_read or 0) + (self.cache_written or 0)
  end
  if not input and not self.output then input = self.total end
  return {input = input, output = self.output, cached = self.cached, reasoning = self.reasoning}
end

local function hider() return {held = ""} end

local function event_end(text, from)
  local _, last = find(text, "\n\r?\n", from)
  if not last and not find(text, "\n", 1, true) then _, last = find(text, "\r\r", from, true) end
  return last
end

local function is_only_usage(event)
  return find(event, KEY .. "%s*:%s*{") and find(event, '"choices"%s*:%s*%[%s*%]')
end

-- The next piece without events that only tell the usage; the unfinished event at its end is held back.
local function hide(self, piece)
  local text = self.held .. piece
  local out, from = {}, 1
  local last = event_end(text, from)
  while last do
    local event = sub(text, from, last)
    if not is_only_usage(event) then out[#out + 1] = event end
    from = last + 1
    last = event_end(text, from)
  end
  self.held = sub(text, from)
  if #self.held > LONGEST_EVENT then
    out[#out + 1], self.held = self.held, ""
  end
  return table.concat(out)
end

-- What is still held when the stream ends.
local function release(self)
  local held = self.held
  self.held = ""
  return held
end

return {reader = reader, feed = feed, result = result, hider = hider, hide = hide, release = release}
