
function envoy_on_request(handle)
  local headers = handle:headers()
  local kind = headers:get("content-type") or ""
  if headers:get("content-encoding") then return end
  if not string.find(kind, "application/json", 1, true)
    and not string.find(kind, "multipart/form-data", 1, true) then return end
  local body = whole_body(handle)
  if not body then return end
  local told, changed = ask(handle, "/model-router/request", heads(handle), body)
  if obey(handle, told, changed) then return end
  if #told > 0 then handle:clearRouteCache() end
end
