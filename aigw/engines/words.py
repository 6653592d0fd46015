"""Envoy's own words, out of its log."""

import re
from pathlib import Path

_MOST_BYTES = 256 * 1024
_MOST_LINES = 5
# [2026-11-25 20:36:54.298][8938][warning][config] [source/common/x.cc:361] words
_LINE = re.compile(r"^\[[^]]*\]\[\d+\]\[(warning|error|critical)\]\[\w+\] (?:\[[^]]*\] )?(.*)")
_NOISE = ("work-in-progress", "There is no configured limit")


def size(log: Path) -> int:
    """Return how long the log is now, for `complaints`."""
    try:
        return log.stat().st_size
    except FileNotFoundError:
        return 0


def complaints(log: Path, offset: int) -> str:
    """Return the last warnings and errors after `offset`, each once, or plain lines."""
    try:
        with log.open("rb") as file:
            file.seek(offset if offset <= size(log) else 0)
            text = file.read(_MOST_BYTES).decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "; ".join(chosen(text)[-_MOST_LINES:])


def chosen(text: str) -> list[str]:
    """Pick what complains out of a log's text."""
    found = [match[2] for line in text.splitlines() if (match := _LINE.match(line))]
    telling = [line for line in found if not any(noise in line for noise in _NOISE)]
    plain = [line for line in text.splitlines() if line and not line.startswith("[")]
    return list(dict.fromkeys(telling or plain))
