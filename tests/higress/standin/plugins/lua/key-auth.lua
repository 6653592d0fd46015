
function envoy_on_request(handle)
  local cluster = handle:metadata():get("cluster")
  if not cluster then return end
  local lines = heads(handle)
  lines[#lines + 1] = "route\t" .. handle:streamInfo():routeName()
  lines[#lines + 1] = "cluster\t" .. cluster
  local told, words = ask(handle, "/key-auth/request", lines)
  for _, line in ipairs(told) do
    if line.verb == "add" then handle:headers():add(line.name, line.value) end
  end
  obey(handle, told, words)
end
