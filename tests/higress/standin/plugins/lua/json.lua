
local ESCAPES = {b = "\b", f = "\f", n = "\n", r = "\r", t = "\t"}
local NULL = {}

local function utf8(code)
  if code < 128 then return string.char(code) end
  if code < 2048 then
    return string.char(192 + math.floor(code / 64), 128 + code % 64)
  end
  if code < 65536 then
    return string.char(224 + math.floor(code / 4096), 128 + math.floor(code / 64) % 64,
      128 + code % 64)
  end
  return string.char(240 + math.floor(code / 262144), 128 + math.floor(code / 4096) % 64,
    128 + math.floor(code / 64) % 64, 128 + code % 64)
end

local function unescape(text)
  text = string.gsub(text, "\\u([dD][89abAB]%x%x)\\u([dD][c-fC-F]%x%x)", function(high, low)
    return utf8(65536 + (tonumber(high, 16) - 55296) * 1024 + tonumber(low, 16) - 56320)
  end)
  return (string.gsub(text, "\\(u?)(%x?%x?%x?%x?)(.?)", function(u, hex, other)
    if u == "u" and #hex == 4 then return utf8(tonumber(hex, 16)) .. other end
    local rest = hex .. other
    local first = string.sub(rest, 1, 1)
    return (ESCAPES[first] or first) .. string.sub(rest, 2)
  end))
end

local read

local function blank(text, at) return string.find(text, "[^ \t\r\n]", at) or #text + 1 end

local function read_text(text, at)
  local stop = at + 1
  while true do
    local found = string.find(text, '["\\]', stop)
    if not found then error("open text") end
    if string.sub(text, found, found) == '"' then
      local raw, out, from = string.sub(text, at + 1, found - 1), {}, 1
      -- Escapes one by one: a backslash may escape the next.
      while true do
        local slash = string.find(raw, "\\", from, true)
        if not slash then out[#out + 1] = string.sub(raw, from); break end
        out[#out + 1] = string.sub(raw, from, slash - 1)
        local piece = string.match(raw, "^\\u[dD][89abAB]%x%x\\u[dD][c-fC-F]%x%x", slash)
          or string.match(raw, "^\\u%x%x%x%x", slash) or string.sub(raw, slash, slash + 1)
        out[#out + 1] = unescape(piece)
        from = slash + #piece
      end
      return table.concat(out), found + 1
    end
    stop = found + 2
  end
end

local function read_members(text, at, close)
  local out, number = {}, 0
  at = blank(text, at + 1)
  while string.sub(text, at, at) ~= close do
    local key
    if close == "}" then
      key, at = read_text(text, at)
      at = blank(text, blank(text, at) + 1)
    else
      number = number + 1
      key = number
    end
    out[key], at = read(text, at)
    at = blank(text, at)
    if string.sub(text, at, at) == "," then at = blank(text, at + 1) end
    if at > #text then error("open") end
  end
  return out, at + 1
end

function read(text, at)
  at = blank(text, at)
  local first = string.sub(text, at, at)
  if first == '"' then return read_text(text, at) end
  if first == "{" then return read_members(text, at, "}") end
  if first == "[" then return read_members(text, at, "]") end
  local word = string.match(text, "^[%w%.%+%-]+", at)
  if not word then error("no value") end
  local value = tonumber(word)
  if word == "true" then value = true elseif word == "false" then value = false end
  if value == nil then value = NULL end
  return value, at + #word
end

local function decode(text)
  local ok, value = pcall(read, text, 1)
  if ok and type(value) == "table" then return value end
  return nil
end

local function quote(text)
  return '"' .. string.gsub(text, '[%c"\\]', function(char)
    return string.format("\\u%04x", string.byte(char))
  end) .. '"'
end

local function text_of(value) return type(value) == "string" and value or "" end
local function number_of(value) return type(value) == "number" and value or 0 end
local function table_of(value) return type(value) == "table" and value or {} end
