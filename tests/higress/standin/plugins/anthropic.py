"""Between OpenAI's chat completions and Anthropic's messages, whole bodies in both directions."""

import json
import time
from typing import Any

Json = dict[str, Any]
CODE_PROMPT = "You are Claude Code, Anthropic's official CLI for Claude."
STOPS = {
    "end_turn": "stop",
    "max_tokens": "length",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
}
SYSTEM_ROLES = ("system", "developer")
FINISHES = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}


def chat_from_messages(value: Json, kind: str) -> Json:
    """Write an Anthropic request as an OpenAI request."""
    messages: list[Json] = []
    if system := value.get("system"):
        messages.append({"role": "system", "content": _plain(system)})
    for message in value.get("messages") or []:
        messages += _chat_messages(message)
    new: Json = {"messages": messages, "model": value.get("model", "")}
    for key in ("max_tokens", "temperature", "top_p", "stream"):
        if key in value:
            new[key] = value[key]
    if value.get("stop_sequences"):
        new["stop"] = value["stop_sequences"]
    if tools := value.get("tools"):
        new["tools"] = [_chat_tool(tool) for tool in tools]
    if choice := value.get("tool_choice"):
        new["tool_choice"] = choice.get("type") if isinstance(choice, dict) else choice
    if kind == "zhipuai":
        new["thinking"] = {"type": "disabled"}
    return new


def _plain(system: object) -> object:
    if isinstance(system, list):
        return "\n".join(str(part.get("text", "")) for part in system if isinstance(part, dict))
    return system


def _chat_messages(message: Json) -> list[Json]:
    content = message.get("content")
    if not isinstance(content, list):
        return [message]
    results = [part for part in content if part.get("type") == "tool_result"]
    calls = [part for part in content if part.get("type") == "tool_use"]
    rest = [part for part in content if part.get("type") in {"text", "image"}]
    new: list[Json] = [
        {
            "role": "tool",
            "tool_call_id": part.get("tool_use_id"),
            "content": _plain(part.get("content")),
        }
        for part in results
    ]
    if calls:
        texts = "".join(str(part.get("text", "")) for part in rest)
        tool_calls = [
            {
                "id": call["id"],
                "type": "function",
                "function": {"name": call["name"], "arguments": json.dumps(call.get("input"))},
            }
            for call in calls
        ]
        return [*new, {"role": "assistant", "content": texts or None, "tool_calls": tool_calls}]
    if rest:
        new.append({"role": message.get("role"), "content": rest})
    return new


def _chat_tool(tool: Json) -> Json:
    function = {"name": tool.get("name"), "description": tool.get("description", "")}
    return {"type": "function", "function": {**function, "parameters": tool.get("input_schema")}}


def messages_from_chat(value: Json, *, code_mode: bool) -> Json:
    """Write an OpenAI request as an Anthropic request."""
    given = value.get("messages") or []
    systems = [one.get("content") for one in given if one.get("role") in SYSTEM_ROLES]
    system = systems[-1] if systems else None  # of several the last counts
    messages = [_claude_message(one) for one in given if one.get("role") not in SYSTEM_ROLES]
    new: Json = {"model": value.get("model", ""), "messages": messages}
    if code_mode:
        text = system or CODE_PROMPT
        new["system"] = [{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}]
    elif system:
        new["system"] = system
    new["max_tokens"] = value.get("max_tokens") or value.get("max_completion_tokens") or 4096
    for key in ("temperature", "top_p", "stream"):
        if value.get(key):
            new[key] = value[key]
    if value.get("stop"):
        stop = value["stop"]
        new["stop_sequences"] = stop if isinstance(stop, list) else [stop]
    if tools := value.get("tools"):
        new["tools"] = [_claude_tool(tool["function"]) for tool in tools]
    return new


def _claude_message(message: Json) -> Json:
    role, content = message.get("role"), message.get("content")
    if role == "tool":
        result = {"type": "tool_result", "tool_use_id": message.get("tool_call_id")}
        return {"role": "user", "content": [{**result, "content": content}]}
    if role == "assistant" and message.get("tool_calls"):
        return {"role": role, "content": _tool_uses(message)}
    return {"role": role, "content": content}


def _tool_uses(message: Json) -> list[Json]:
    content: list[Json] = []
    if text := message.get("content"):
        content.append({"type": "text", "text": text})
    for call in message["tool_calls"]:
        function = call["function"]
        content.append(
            {
                "type": "tool_use",
                "id": call.get("id"),
                "name": function.get("name"),
                "input": json.loads(function.get("arguments") or "{}"),
            }
        )
    return content


def _claude_tool(function: Json) -> Json:
    tool = {"name": function.get("name"), "input_schema": function.get("parameters") or {}}
    if description := function.get("description"):
        tool["description"] = description
    return tool


def chat_answer(value: Json, model: str) -> Json:
    """Write Anthropic's answer as OpenAI's; cache tokens are lost, the model is the asked one."""
    parts = value.get("content") or []
    message: Json = {"role": "assistant"}
    message["content"] = "".join(part["text"] for part in parts if part.get("type") == "text")
    calls = [part for part in parts if part.get("type") == "tool_use"]
    if calls:
        message["tool_calls"] = [
            {
                "index": index,
                "id": call["id"],
                "type": "function",
                "function": {
                    "name": call["name"],
                    "arguments": json.dumps(call["input"], separators=(",", ":")),
                },
            }
            for index, call in enumerate(calls)
        ]
    usage = value.get("usage") or {}
    asked, said = usage.get("input_tokens", 0), usage.get("output_tokens", 0)
    choice = {
        "index": 0,
        "message": message,
        "finish_reason": STOPS.get(value.get("stop_reason") or "", value.get("stop_reason")),
        "logprobs": None,
    }
    return {
        "id": value.get("id"),
        "choices": [choice],
        "created": int(time.time()),
        "model": model,
        "object": "chat.completion",
        "usage": {
            "prompt_tokens": asked,
            "completion_tokens": said,
            "total_tokens": asked + said,
        },
    }


def messages_answer(value: Json) -> Json:
    """Write OpenAI's answer as Anthropic's."""
    choice = (value.get("choices") or [{}])[0]
    message = choice.get("message") or {}
    content: list[Json] = []
    if thought := message.get("reasoning_content"):
        content.append({"type": "thinking", "signature": "", "thinking": thought})
    if message.get("content"):
        content.append({"type": "text", "text": message["content"]})
    content += _tool_uses({"tool_calls": message.get("tool_calls") or []})
    usage = value.get("usage") or {}
    counted = {
        "input_tokens": usage.get("prompt_tokens", 0),
        "output_tokens": usage.get("completion_tokens", 0),
    }
    if cached := (usage.get("prompt_tokens_details") or {}).get("cached_tokens"):
        counted["cache_read_input_tokens"] = cached
    finish = choice.get("finish_reason") or ""
    return {
        "id": value.get("id"),
        "type": "message",
        "role": "assistant",
        "content": content,
        "model": value.get("model"),
        "stop_reason": FINISHES.get(finish, finish),
        "stop_sequence": None,
        "usage": counted,
        "error": None,
    }
