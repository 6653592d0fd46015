
CONVERTERS = {}

local STOPS = {end_turn = "stop", max_tokens = "length", stop_sequence = "stop", tool_use = "tool_calls"}
local FINISHES = {stop = "end_turn", length = "max_tokens", tool_calls = "tool_use"}

-- Anthropic's stream as OpenAI's: no [DONE] at the end, output tokens of start and end added up.
CONVERTERS["claude"] = function(model)
  local id, asked, said = "", 0, 0
  local function chunk(choices, usage)
    return string.format(
      'data: {"id":%s,"choices":[%s],"created":%d,"model":%s,"object":"chat.completion.chunk","usage":%s}\n\n',
      quote(id), choices, os.time(), quote(model), usage or "null")
  end
  local function choice(index, delta, finish)
    return chunk(string.format('{"index":%d,"delta":%s,"finish_reason":%s,"logprobs":null}',
      index, delta, finish and quote(finish) or "null"))
  end
  local function tool(index, head, arguments)
    return choice(index, string.format('{"tool_calls":[{"index":%d,%s"arguments":%s}}]}',
      index, head, quote(arguments)))
  end
  return function(data)
    local event = decode(data) or {}
    local index = number_of(event.index)
    if event.type == "message_start" then
      local message = table_of(event.message)
      local usage = table_of(message.usage)
      id, asked, said = text_of(message.id), number_of(usage.input_tokens), number_of(usage.output_tokens)
      return choice(0, '{"role":"assistant","content":""}')
    elseif event.type == "content_block_start" then
      local block = table_of(event.content_block)
      if block.type ~= "tool_use" then return "" end
      return tool(index, string.format('"id":%s,"type":"function","function":{"name":%s,',
        quote(text_of(block.id)), quote(text_of(block.name))), "")
    elseif event.type == "content_block_delta" then
      local delta = table_of(event.delta)
      if delta.type == "text_delta" then
        return choice(index, '{"content":' .. quote(text_of(delta.text)) .. "}")
      elseif delta.type == "thinking_delta" then
        return choice(index, '{"reasoning":' .. quote(text_of(delta.thinking)) .. "}")
      elseif delta.type == "input_json_delta" then
        return tool(index, '"type":"","function":{"name":"",', text_of(delta.partial_json))
      end
      return choice(index, '{"content":""}')
    elseif event.type == "message_delta" then
      said = said + number_of(table_of(event.usage).output_tokens)
      local reason = text_of(table_of(event.delta).stop_reason)
      return choice(0, "{}", STOPS[reason] or reason)
    elseif event.type == "message_stop" then
      return chunk("", string.format('{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}',
        asked, said, asked + said))
    end
    return ""
  end
end

-- OpenAI's stream as Anthropic's.
CONVERTERS["messages"] = function()
  local started, closed, open, kind, finish, usage = false, false, {}, nil, nil, nil
  local last, by_tool = -1, {}
  local function event(name, body)
    return string.format('event: %s\ndata: {"type":"%s"%s}\n\n', name, name, body)
  end
  local function start_block(what, block)
    last = last + 1
    kind = what
    open[#open + 1] = last
    return event("content_block_start", string.format(',"index":%d,"content_block":%s', last, block))
  end
  local function stop_blocks()
    local out = {}
    for _, index in ipairs(open) do
      out[#out + 1] = event("content_block_stop", ',"index":' .. index)
    end
    open, kind = {}, nil
    return table.concat(out)
  end
  local function said(index, delta)
    return event("content_block_delta", string.format(',"index":%d,"delta":%s', index, delta))
  end
  local function close()
    if closed or not started then return "" end
    closed = true
    local counted = usage and string.format(',"usage":{"input_tokens":%d,"output_tokens":%d}',
      number_of(usage.prompt_tokens), number_of(usage.completion_tokens)) or ""
    local reason = FINISHES[finish or ""] or finish or "end_turn"
    return stop_blocks() .. event("message_delta", string.format(
      ',"delta":{"stop_reason":%s,"stop_sequence":null}%s', quote(reason), counted))
      .. event("message_stop", "")
  end
  local function block_of(what, text, block, delta)
    local out = ""
    if text == "" then return out end
    if kind ~= what then
      if kind then out = stop_blocks() end
      out = out .. start_block(what, block)
    end
    return out .. said(last, string.format(delta, quote(text)))
  end
  local function tools(calls)
    local out = {}
    for _, call in ipairs(calls) do
      local number, call_function = number_of(call.index), table_of(call["function"])
      if not by_tool[number] then
        if kind and kind ~= "tool" then out[#out + 1] = stop_blocks() end
        out[#out + 1] = start_block("tool", string.format(
          '{"type":"tool_use","id":%s,"name":%s,"input":{}}',
          quote(text_of(call.id)), quote(text_of(call_function.name))))
        by_tool[number] = last
      end
      local arguments = text_of(call_function.arguments)
      if arguments ~= "" then
        out[#out + 1] = said(by_tool[number],
          '{"type":"input_json_delta","partial_json":' .. quote(arguments) .. "}")
      end
    end
    return table.concat(out)
  end
  return function(data)
    if data == "[DONE]" then return close() end
    local value, out = decode(data), {}
    if not value then return "" end
    if not started then
      started = true
      out[1] = event("message_start", string.format(
        ',"message":{"id":%s,"type":"message","role":"assistant","content":[],"model":%s,"stop_reason":null,"stop_sequence":null,"usage":{},"error":null}',
        quote(text_of(value.id)), quote(text_of(value.model))))
    end
    local choice = table_of(table_of(value.choices)[1])
    local delta = table_of(choice.delta)
    local thought = text_of(delta.reasoning_content)
    if thought == "" then thought = text_of(delta.reasoning) end
    out[#out + 1] = block_of("thinking", thought,
      '{"type":"thinking","signature":"","thinking":""}', '{"type":"thinking_delta","thinking":%s}')
    out[#out + 1] = block_of("text", text_of(delta.content),
      '{"type":"text","text":""}', '{"type":"text_delta","text":%s}')
    out[#out + 1] = tools(table_of(delta.tool_calls))
    if type(choice.finish_reason) == "string" then finish = choice.finish_reason end
    if type(value.usage) == "table" and value.usage.prompt_tokens then
      usage = value.usage
      if finish then out[#out + 1] = close() end
    end
    return table.concat(out)
  end
end
