
local function ends(text, tail) return string.sub(text, -#tail) == tail end

function envoy_on_request(handle)
  local path = string.match(handle:headers():get(":path") or "", "^[^?]*")
  if not ends(path, "/completions") and not ends(path, "/messages") then return end
  local began = handle:timestamp()
  local body = whole_body(handle)
  local cluster = handle:metadata():get("cluster")
  if not cluster then return end
  local lines = heads(handle)
  lines[#lines + 1] = "route\t" .. handle:streamInfo():routeName()
  lines[#lines + 1] = "cluster\t" .. cluster
  local told = ask(handle, "/ai-statistics/request", lines, body)
  if obey(handle, told, "") or #told == 0 then return end
  handle:streamInfo():dynamicMetadata():set("standin." .. PLUGIN, "began", tostring(began))
end

local function finish(handle, began, lines, first, parts)
  lines[#lines + 1] = "first\t" .. string.format("%d", (first or began) - began)
  lines[#lines + 1] = "all\t" .. string.format("%d", handle:timestamp() - began)
  local _, text = ask(handle, "/ai-statistics/response", lines, table.concat(parts))
  if text ~= "" then handle:streamInfo():dynamicMetadata():set("wasm", "ai_log", text) end
end

function envoy_on_response(handle)
  local note = notes(handle)
  if not note["id"] then return end
  local began = tonumber(note["began"]) or handle:timestamp()
  local kind = handle:headers():get("content-type") or ""
  local lines = {"id\t" .. note["id"], "kind\t" .. kind}
  if not string.find(kind, "text/event-stream", 1, true) then
    finish(handle, began, lines, nil, {whole_body(handle) or ""})
    return
  end
  local parts, first, done = {}, nil, false
  for chunk in handle:bodyChunks() do
    if chunk:length() > 0 and not done then
      first = first or handle:timestamp()
      parts[#parts + 1] = chunk:getBytes(0, chunk:length())
      -- After the last event a client may hang up; nothing that follows is missed.
      local last = parts[#parts]
      if string.find(last, "data: [DONE]", 1, true) or string.find(last, "message_stop", 1, true) then
        done = true
        finish(handle, began, lines, first, parts)
      end
    end
  end
  if not done then finish(handle, began, lines, first, parts) end
end
