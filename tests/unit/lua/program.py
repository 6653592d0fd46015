"""`templates/shared/prompt.lua` as Python functions, under LuaJIT (Envoy's) and plain Lua 5.1."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lupa.lua51
import lupa.luajit21

SOURCE = (Path(__file__).parents[3] / "templates/shared/prompt.lua").read_bytes()


@dataclass(frozen=True, slots=True)
class Program:
    """One Lua with the module loaded."""

    module: Any

    def scan(self, body: bytes) -> dict[str, object] | str:
        """Return the fields found, words as text, or the name of the problem."""
        found = self.module[b"scan"](body)
        if isinstance(found, tuple):
            problem: bytes = found[1]
            return problem.decode()
        return {key.decode(): _text(value) for key, value in found.items()}

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
    return Program(runtime(encoding=None).execute(SOURCE))


PROGRAMS = {
    "LuaJIT": _loaded(lupa.luajit21.LuaRuntime),
    "Lua 5.1": _loaded(lupa.lua51.LuaRuntime),
}
LUAJIT = PROGRAMS["LuaJIT"]
