-- Removes from a request what only the gateway itself may say, and the client's credentials: the plugins behind
-- this filter believe such headers, and a provider's plugin sends on what it does not replace. Returns the
-- credentials, nil for none: a plugin that knows consumers is lent them (aigw_out.lua).

local match = string.match

local CREDENTIALS = {["authorization"] = true, ["x-api-key"] = true, ["api-key"] = true, ["x-goog-api-key"] = true}
local UNWANTED = {
  ["proxy-authorization"] = true, ["cookie"] = true, ["forwarded"] = true, ["via"] = true,
  ["accept-encoding"] = true, -- a compressed answer hides its usage
}
local FAMILIES = {
  ["x-aigw-"] = true, ["x-envoy-"] = true, ["x-forwarded-"] = true, ["x-hi-"] = true,
  ["x-higress-"] = true, ["x-mse-"] = true,
}
local OF_ENVOY = {["x-forwarded-for"] = true, ["x-forwarded-proto"] = true} -- the routes remove them

-- Headers cannot be removed while they are walked through.
return function(headers)
  local names, credentials = {}, nil
  for name, value in pairs(headers) do
    if CREDENTIALS[name] then
      names[#names + 1], credentials = name, credentials or {}
      credentials[name] = value
    elseif UNWANTED[name] or (FAMILIES[match(name, "^x%-%w+%-") or ""] and not OF_ENVOY[name]) then
      names[#names + 1] = name
    end
  end
  for _, name in ipairs(names) do headers:remove(name) end
  return credentials
end
