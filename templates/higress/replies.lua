-- Makes an answer that comes back one of this gateway's: see `aigw_in.lua`.
-- problems.lua, errors.lua, faults.lua and names.lua stand above this text.

local find = string.find

local UNWANTED = {
  "set-cookie", "alt-svc", "x-aigw-rule", "x-aigw-attempts",
  "x-envoy-upstream-service-time", "x-envoy-decorator-operation",
}

local function replace(handle, problem, path)
  local headers = handle:headers()
  headers:replace(":status", problem.status)
  headers:replace("content-type", "application/json")
  for _, name in ipairs({"www-authenticate", "content-encoding", "retry-after"}) do headers:remove(name) end
  local length = handle:body(true):setBytes(errors.body(path, problem))
  handle:headers():replace("content-length", tostring(length))
end

-- What ai-proxy says of a request that it cannot convert, before it is sent.
local function unconverted(handle, provider)
  local body = handle:body()
  local text = body and body:getBytes(0, body:length()) or ""
  return find(text, "unsupported API", 1, true) and faults.unconverted(provider) or faults.failed()
end

-- What Envoy and the plugins say by themselves is plain text; of a place that it does not know, nothing.
local function own_words(handle, noted, provider)
  local headers = handle:headers()
  if headers:get("x-envoy-upstream-service-time") then return nil end
  if not find(headers:get("content-type") or "text/plain", "^text/plain") then return nil end
  local status = headers:get(":status")
  if noted.sent and status == "504" then return faults.slow(provider) end
  if noted.sent and status == "503" then return faults.unreachable(provider) end
  if not noted.sent and (status == "401" or status == "403") then return faults.closed(status) end
  if not noted.sent and status == "413" then return faults.too_large() end
  if not noted.sent and status == "500" then return unconverted(handle, provider) end
end

-- A client that is told 401 takes its own key for wrong, and some then stop asking for a while.
local function rejection(headers, noted, provider)
  local status = headers:get(":status")
  if noted.sent and (status == "401" or status == "403") then
    return problems.rejected_key(provider, status)
  end
end

-- The provider may have named these as well: what the route adds stands last.
local function keep_last(headers, name)
  local count = headers:getNumValues(name)
  if count > 1 then headers:replace(name, headers:getAtIndex(name, count - 1)) end
end

local function provider_of(handle)
  local route = names.current(handle)
  if route then return names.provider(route) end
  local headers = handle:headers()
  keep_last(headers, "x-aigw-provider")
  return headers:get("x-aigw-provider") or "?"
end

local function finish(handle, noted)
  local provider = provider_of(handle)
  local problem = own_words(handle, noted, provider) or rejection(handle:headers(), noted, provider)
  if noted.sent then
    local headers = handle:headers()
    for _, name in ipairs(UNWANTED) do headers:remove(name) end
    keep_last(headers, "x-aigw-generation")
    headers:replace("x-aigw-provider", provider)
    headers:replace("x-aigw-model", noted.model)
  end
  if problem then replace(handle, problem, noted.path) end
end

return {finish = finish}
