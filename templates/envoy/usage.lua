-- Reads how many tokens an answer says it cost, from pieces cut anywhere, and takes the event out of a
-- stream that came only because the gateway asked for it.
--
-- Pure functions over strings for Lua 5.1 and LuaJIT. A quote within a JSON string is escaped, so plain
-- `"usage"` with `: {` behind it is a key, wherever it is found.

local byte, find, match, sub = string.byte, string.find, string.match, string.sub

local KEY = '"usage"'
local LONGEST_USAGE = 8192
local LONGEST_EVENT = 1048576

-- Plain search first: most of these names are missing from most answers.
local function tokens(object, name)
  local _, last = find(object, name, 1, true)
  return last and tonumber(match(object, "^%s*:%s*(%d+)", last + 1))
end

-- What is not told this time stays as it was. OpenAI's names first, then Anthropic's and those of the
-- responses API, then of single providers. True if there was a number.
local function read(self, object)
  local input = tokens(object, '"prompt_tokens"') or tokens(object, '"input_tokens"')
  local output = tokens(object, '"completion_tokens"') or tokens(object, '"output_tokens"')
  local total = tokens(object, '"total_tokens"')
  if not input and not output and not total then return false end
  self.input, self.output, self.total = input or self.input, output or self.output, total or self.total
  if find(object, "cache", 1, true) then
    local read_tokens = tokens(object, '"cache_read_input_tokens"')
    self.cache_read = read_tokens or self.cache_read
    self.cache_written = tokens(object, '"cache_creation_input_tokens"') or self.cache_written
    self.cached = tokens(object, '"cached_tokens"') or read_tokens
      or tokens(object, '"prompt_cache_hit_tokens"') or self.cached
  end
  self.reasoning = tokens(object, '"reasoning_tokens"') or self.reasoning
  return true
end

local function reader() return {rest = ""} end

-- What may be the beginning of a key that the next piece goes on with; no key goes on after a line's end.
local function unfinished_key(text)
  if byte(text, -1) == 10 then return "" end
  local tail = sub(text, 1 - #KEY)
  local quote = find(tail, '"', 1, true)
  return quote and sub(tail, quote) or ""
end

-- Reads the next piece; true when it told any tokens.
local function feed(self, piece)
  local text = self.rest == "" and piece or self.rest .. piece
  local at, found, open_at = find(text, KEY, 1, true), false, nil
  while at do
    local start = match(text, "^%s*:%s*(){", at + #KEY)
    local object = start and match(text, "^%b{}", start)
    if object then
      found = read(self, object) or found
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
  return found
end

-- {input, output, cached, reasoning}, what is not known left out; nil when nothing is.
local function result(self)
  if not self.input and not self.output and not self.total then return nil end
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
