"""Prompts in every form of body, and the models that some rules choose for them."""

from collections.abc import Callable

from aigw.spec.prompt import MAX_PROMPT_BYTES
from aigw.spec.rules import pattern_of_trigger
from tests.envoy.router import CHAT, MESSAGES, RESPONSES, rules
from tests.openclaw import RULES, OpenClawRequest

OPENCLAW = rules(*((rule["pattern"], rule["model"]) for rule in RULES))


def endpoint(request: OpenClawRequest) -> str:
    """Return where a request of OpenClaw goes here."""
    if request.path.endswith("/messages"):
        return MESSAGES
    return RESPONSES if "input" in request.body else CHAT


FORMS: dict[str, tuple[str, Callable[[str], dict[str, object]]]] = {
    "chat": (CHAT, lambda text: {"messages": [{"role": "user", "content": text}]}),
    "chat parts": (
        CHAT,
        lambda text: {"messages": [{"role": "user", "content": [{"type": "text", "text": text}]}]},
    ),
    "responses text": (RESPONSES, lambda text: {"input": text}),
    "responses": (RESPONSES, lambda text: {"input": [{"role": "user", "content": text}]}),
    "responses parts": (
        RESPONSES,
        lambda text: {
            "input": [
                {
                    "type": "message",
                    "role": "user",
                    "content": [{"type": "input_text", "text": text}],
                }
            ]
        },
    ),
    "messages": (
        MESSAGES,
        lambda text: {
            "max_tokens": 9,
            "system": "translate",
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": text}]},
                {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "input": {}}]},
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "tool_use_id": "t", "content": "translate"}
                    ],
                },
            ],
        },
    ),
}
DAILY = rules(
    (pattern_of_trigger("深入思考|deep thinking"), "deep"),
    (pattern_of_trigger("c++|what's"), "escaped"),
    (r"(?i)\b(translate|翻译)", "translate"),
    (r"^\x{FFFD}+$", "broken"),
    ("^😀$", "emoji"),
    (r'^say "\\"$', "quotes"),
    ("(?m)^second$", "line"),
    (r"^a\x{FFFD}b$", "nul"),
    ("needle$", "end"),
    ("^needle", "start"),
)
PROMPTS = {
    "深入思考：为什么": "deep",
    "\u3000 Deep Thinking ": "deep",
    "[Sat 2026-11-21 00:30 UTC] deep thinking": "deep",
    "not deep thinking": "usual",
    "C++ or Rust?": "escaped",
    "What's up": "escaped",
    "please Translate": "translate",
    "翻译": "usual",
    "\ud83d": "broken",
    "\ude00\ud83d": "broken",
    "😀": "emoji",
    'say "\\"': "quotes",
    "first\nsecond\nthird": "line",
    "a\0b": "nul",
    "": "usual",
    " \n": "usual",
    "hay " * 5000 + "needle": "end",
    "needle" + " hay" * 5000: "start",
    "a" * (MAX_PROMPT_BYTES - 6) + "needle": "end",
    "a" * (MAX_PROMPT_BYTES - 5) + "needle": "usual",
    "你" * (MAX_PROMPT_BYTES // 3 - 2) + "needle": "end",
    "你" * (MAX_PROMPT_BYTES // 3) + "needle": "usual",
    "needle" + "你" * 2 * MAX_PROMPT_BYTES: "start",
}
