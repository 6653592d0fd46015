
-- Every line of a question and of an answer is a name, a tab and the rest; the body follows after
-- an empty line.
local function heads(handle)
  local lines = {}
  for name, value in pairs(handle:headers()) do
    lines[#lines + 1] = "header\t" .. name .. "\t" .. value
  end
  return lines
end

local function ask(handle, what, lines, body)
  local _, answer = handle:httpCall("plugin-host", {
    [":method"] = "POST", [":path"] = what, [":authority"] = "plugin-host",
    ["x-config"] = CONFIG_ID,
  }, table.concat(lines, "\n") .. "\n\n" .. (body or ""), 30000)
  answer = answer or ""
  local stop = string.find(answer, "\n\n", 1, true)
  local told = {}
  if not stop then return told, "" end
  if stop == 1 then return told, string.sub(answer, 3) end
  for line in string.gmatch(string.sub(answer, 1, stop), "([^\n]+)\n") do
    local verb, name, value = string.match(line, "^([^\t]+)\t?([^\t]*)\t?(.*)$")
    told[#told + 1] = {verb = verb, name = name, value = value}
  end
  return told, string.sub(answer, stop + 2)
end

local function whole_body(handle)
  local body = handle:body()
  if not body then return nil end
  return body:getBytes(0, body:length())
end

-- Do what was told; true when the request is answered here.
local function obey(handle, told, body)
  for _, line in ipairs(told) do
    if line.verb == "set" then handle:headers():replace(line.name, line.value)
    elseif line.verb == "remove" then handle:headers():remove(line.name)
    elseif line.verb == "note" then
      handle:streamInfo():dynamicMetadata():set("standin." .. PLUGIN, line.name, line.value)
    elseif line.verb == "body" then
      handle:body():setBytes(body)
      handle:headers():remove("content-length")
    elseif line.verb == "answer" then
      if line.value ~= "" then
        handle:streamInfo():dynamicMetadata():set("wasm", "details", line.value)
      end
      handle:respond({[":status"] = line.name, ["content-type"] = "text/plain"}, body)
      return true
    end
  end
  return false
end

local function notes(handle)
  return handle:streamInfo():dynamicMetadata():get("standin." .. PLUGIN) or {}
end
