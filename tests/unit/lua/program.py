"""What reads bodies in Lua as Python functions, under LuaJIT (Envoy's) and plain Lua 5.1."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lupa.lua51
import lupa.luajit21

from aigw.rendering.lua import program
from aigw.spec.routing import AUTO_MODELS

SHARED = Path(__file__).parents[3] / "templates/shared"
SOURCE = program(
    {"CONFIG": {"auto_models": dict.fromkeys(AUTO_MODELS, True)}},
    {"prompt": (SHARED / "prompt.lua").read_text(), "forms": (SHARED / "forms.lua").read_text()},
    "return prompt, forms",
)


@dataclass(frozen=True, slots=True)
class Program:
    """One Lua with the modules loaded."""

    module: Any
    forms: Any

    def scan(self, body: bytes) -> dict[str, object] | str:
        """Return the fields found, words as text, or the name of the problem."""
        return self._told(self.module[b"scan"](body))

    def read(self, body: bytes, kind: str) -> dict[str, object] | str:
        """Return the same for a body of that content type."""
        return self._told(self.forms[b"read"](body, kind.encode()))

    @staticmethod
    def _told(found: object) -> dict[str, object] | str:
        if isinstance(found, tuple):
            problem: bytes = found[1]
            return problem.decode()
        items: Iterable[tuple[bytes, object]] = found.items()  # type: ignore[attr-defined]
        return {key.decode(): _text(value) for key, value in items}

    def prompt(self, body: bytes) -> bytes:
        """Return what the person asked; the body must be one that `scan` takes."""
        found = self.module[b"scan"](body)
        assert not isinstance(found, tuple), found
        words: bytes = self.module[b"text"](body, found)
        return words

    def problems(self) -> dict[str, str]:
        """Return every problem's name and sentence."""
        return {key.decode(): value.decode() for key, value in self.module[b"problems"].items()}


def _text(value: object) -> object:
    return value.decode() if isinstance(value, bytes) else value


def _loaded(runtime: Callable[..., Any]) -> Program:
    return Program(*runtime(encoding=None).execute(SOURCE.encode()))


PROGRAMS = {
    "LuaJIT": _loaded(lupa.luajit21.LuaRuntime),
    "Lua 5.1": _loaded(lupa.lua51.LuaRuntime),
}
LUAJIT = PROGRAMS["LuaJIT"]
