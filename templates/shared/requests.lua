-- What a request's head says before its body is read.
-- problems.lua stands above this text.

local find, gsub, lower, match, sub = string.find, string.gsub, string.lower, string.match, string.sub

-- The path, and what stands behind it from the question mark on.
local function split_path(whole)
  local question = find(whole, "?", 1, true)
  if not question then return whole, nil end
  return sub(whole, 1, question - 1), sub(whole, question)
end

-- Whether a browser sends this for a page of another machine. Every browser names the origin of a POST, so
-- no such page can spend the user's keys: not by a form, nor by a name that it lets point to this machine.
local function is_foreign(origin)
  local host = match(origin, "^https?://(.*)$")
  if not host then return origin == "null" end
  host = gsub(host, ":%d+$", "")
  return not (host == "localhost" or host == "[::1]" or find(host, "%.localhost$") or find(host, "^127%.%d+%.%d+%.%d+$"))
end

-- Why a request cannot be read at all; nil if it can.
local function refused_by_headers(headers, method, path)
  if method ~= "POST" then return problems.wrong_method(method, path, "POST") end
  local encoding = headers:get("content-encoding")
  if encoding and lower(encoding) ~= "identity" then return problems.compressed_body() end
  local origin = headers:get("origin")
  if origin and is_foreign(lower(origin)) then return problems.foreign_page(origin) end
end

return {split_path = split_path, refused_by_headers = refused_by_headers}
