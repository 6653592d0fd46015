"""Requests of OpenClaw 2026.9.6 and Clawdbot 2026.1.24, each with what the person had typed."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FIXTURES = Path(__file__).parent / "fixtures/openclaw"
_RULES = json.loads((FIXTURES / "rules.json").read_text())
RULES: Sequence[Mapping[str, str]] = _RULES["rules"]
"""Rules to judge the requests by: `pattern` and `model`. What was typed meets none of them."""

TRIGGERS: Mapping[str, str] = _RULES["prompts"]
"""Other things to type, and the model each must get."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenClawRequest:
    """One request: `path` without a host, `prompt` as typed, `body` with long texts left out."""

    name: str
    path: str
    prompt: str
    body: Mapping[str, object]

    def typed(self, prompt: str) -> Mapping[str, object]:
        """Return the body as if the person had typed something else."""
        whole_word = re.compile(r"(?<![\w=/])" + re.escape(self.prompt) + r"(?![\w/])")
        changed = _replaced(self.body, whole_word, prompt)
        assert isinstance(changed, dict)
        return changed

    def __str__(self) -> str:
        return self.name


def _replaced(tree: object, old: re.Pattern[str], new: str) -> object:
    match tree:
        case dict():
            return {key: _replaced(value, old, new) for key, value in tree.items()}
        case list():
            return [_replaced(value, old, new) for value in tree]
        case str():
            return old.sub(new, tree)
        case _:
            return tree


REQUESTS = tuple(
    OpenClawRequest(**json.loads(line))
    for line in (FIXTURES / "requests.jsonl").read_text().splitlines()
)
