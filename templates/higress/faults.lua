-- What can be wrong with the gateway or a provider and not with a request; shaped as in problems.lua.

local function failed()
  return {
    status = "500", type = "server_error", code = "internal_error",
    message = "the gateway could not handle this request",
  }
end

local function unprepared(provider)
  return {
    status = "503", type = "server_error", code = "provider_unavailable", headers = {["retry-after"] = "5"},
    message = "the plugin that speaks to provider `" .. provider .. "` is not loaded or does not know it",
  }
end

local function unreachable(provider)
  return {
    status = "502", type = "server_error", code = "provider_unreachable",
    message = "provider `" .. provider .. "` could not be reached or hung up",
  }
end

local function slow(provider)
  return {
    status = "504", type = "server_error", code = "provider_timeout",
    message = "provider `" .. provider .. "` did not begin to answer in time",
  }
end

local function unconverted(provider)
  return {
    status = "501", type = "server_error", code = "unsupported_endpoint",
    message = "provider `" .. provider .. "` has no endpoint for this",
  }
end

-- What key-auth says of a route that the console has closed to all but some consumers.
local function closed(status)
  return {
    status = status, code = "invalid_api_key",
    message = "this is for consumers of the gateway only: it was given no key of one, or another one's",
  }
end

local function too_large()
  return {status = "413", code = "request_too_large", message = "the request body is too large for this gateway"}
end

return {
  failed = failed, unprepared = unprepared, unreachable = unreachable, slow = slow,
  unconverted = unconverted, closed = closed, too_large = too_large,
}
