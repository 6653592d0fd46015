"""The `default.cfg` of get-ai-gateway.sh, which is an env file of Docker's."""

import re
from collections.abc import Iterable, Mapping

from aigw.spec.secret import Unshown

BLANKS = re.compile(r"\s")
EXTRA = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9]*)=")


class EnvFile(Unshown, frozen=True, kw_only=True):
    """Variables as a container gets them (the last of a name counts), and the lines it refuses."""

    values: Mapping[str, str] = {}
    bad_lines: tuple[int, ...] = ()

    def get(self, name: str) -> str:
        """Return a value without blanks around it; empty where there is none."""
        return self.values.get(name, "").strip()


def env_file(text: str) -> EnvFile:
    """Read an env file: no quotes, no escapes, all behind the first `=` is the value."""
    values: dict[str, str] = {}
    bad = []
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        line = raw.removesuffix("\r").lstrip()
        if not line or line.startswith("#"):
            continue
        name, given, value = line.partition("=")
        if not name or BLANKS.search(name) or "\ufffd" in line:
            bad.append(number)
        elif given:
            values[name] = value
    return EnvFile(values=values, bad_lines=tuple(bad))


def without(text: str, names: Iterable[str], note: str) -> str:
    """Leave the lines of these variables out of an env file, and begin it with a comment."""
    gone = frozenset(names)
    kept = [line for line in text.splitlines(keepends=True) if _name(line) not in gone]
    return f"# {note}\n" + "".join(kept)


def extra_configs(text: str) -> dict[str, str]:
    """Read `name="value",name=value`; commas and quotes inside a value belong to it.

    The script joined them without any escape (G:1428-1534): a comma ends a value only where the
    next name follows.
    """
    found = list(EXTRA.finditer(text))
    ends = [*(one.start() for one in found[1:]), len(text)] if found else []
    return {
        one[1]: _unquoted(text[one.end() : end].strip())
        for one, end in zip(found, ends, strict=True)
    }


def _name(line: str) -> str:
    return line.lstrip().partition("=")[0]


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1] if quoted else text
