
-- Of forms only those of two APIs are looked at.
local function is_read(headers)
  local kind = headers:get("content-type") or ""
  if string.find(kind, "application/json", 1, true) then return true end
  local path = string.gsub(headers:get(":path"), "%?.*", "")
  return string.find(string.lower(kind), "^multipart/form%-data") ~= nil
    and (string.find(path, "/v1/images/edits$") or string.find(path, "/v1/images/variations$")) ~= nil
end

function envoy_on_request(handle)
  local body = is_read(handle:headers()) and whole_body(handle) or nil
  local cluster = handle:metadata():get("cluster")
  if not cluster then return end
  local lines = heads(handle)
  lines[#lines + 1] = "route\t" .. handle:streamInfo():routeName()
  lines[#lines + 1] = "cluster\t" .. cluster
  local told, changed = ask(handle, "/ai-proxy/request", lines, body)
  if obey(handle, told, changed) then return end
  if #told > 0 then handle:clearRouteCache() end
end

function envoy_on_response(handle)
  local note = notes(handle)
  if not note["convert"] or handle:headers():get(":status") ~= "200" then return end
  -- What did not come from the provider passes, as `IsResponseFromUpstream` decides in the real one.
  if not handle:headers():get("x-envoy-upstream-service-time") then return end
  local kind = handle:headers():get("content-type") or ""
  if string.find(kind, "text/event-stream", 1, true) then
    handle:headers():remove("content-length")
    local converter = CONVERTERS[note["convert"]](note["model"] or "")
    local rest = ""
    for chunk in handle:bodyChunks() do
      rest = rest .. chunk:getBytes(0, chunk:length())
      local out = {}
      while true do
        local stop, after = string.find(rest, "\r?\n\r?\n")
        if not stop then break end
        local event = string.sub(rest, 1, stop - 1)
        rest = string.sub(rest, after + 1)
        local data = string.match(event, "data: ?([^\r\n]*)")
        if data then out[#out + 1] = converter(data) end
      end
      chunk:setBytes(table.concat(out))
    end
    return
  end
  local body = whole_body(handle)
  if not body then return end
  local lines = {"convert\t" .. note["convert"], "model\t" .. (note["model"] or "")}
  local told, changed = ask(handle, "/ai-proxy/response", lines, body)
  if #told > 0 then handle:body():setBytes(changed) end
end
