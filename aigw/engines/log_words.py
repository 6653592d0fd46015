"""Envoy's own words, out of its log."""

import re
from pathlib import Path

_MOST_BYTES = 256 * 1024
_MOST_LINES = 5
# [2026-11-25 20:36:54.298][8938][warning][config] [source/common/x.cc:361] words
_LINE = re.compile(r"^\[[^]]*\]\[\d+\]\[(warning|error|critical)\]\[\w+\] (?:\[[^]]*\] )?(.*)")
_NOISE = ("work-in-progress", "Deprecated field", "There is no configured limit")


def size(log: Path) -> int:
    """Return how long the log is now, for `news`."""
    try:
        return log.stat().st_size
    except FileNotFoundError:
        return 0


def news(log: Path, offset: int) -> str:
    """Return what was written after `offset`."""
    try:
        with log.open("rb") as file:
            file.seek(offset if offset <= size(log) else 0)
            return file.read(_MOST_BYTES).decode(errors="replace")
    except FileNotFoundError:
        return ""


def complaints(log: Path, offset: int) -> str:
    """Return the last warnings and errors after `offset`, each once, or plain lines."""
    return "; ".join(chosen(news(log, offset))[-_MOST_LINES:])


def chosen(text: str) -> list[str]:
    """Pick what complains out of a log's text: errors, else warnings, else what has no level."""
    matches = [match for line in text.splitlines() if (match := _LINE.match(line))]
    errors = [match[2] for match in matches if match[1] != "warning"]
    warnings = [match[2] for match in matches if not any(noise in match[2] for noise in _NOISE)]
    plain = [line for line in text.splitlines() if line and not line.startswith("[")]
    return list(dict.fromkeys(errors or warnings or plain))
