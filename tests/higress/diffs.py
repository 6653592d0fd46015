"""Recorded unified diffs, put over our files of before: the outcome must be our files of after."""

import re
from collections.abc import Mapping

from tests.higress.replay import different, stable

HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@")
NEW = "NEW\n"


def compare(
    recorded: Mapping[str, str], before: Mapping[str, str], after: Mapping[str, str]
) -> list[str]:
    """Give what a request changed otherwise than recorded."""
    changed = {path for path in after if before.get(path) != after[path]}
    wrong = [f"changed besides: {sorted(changed ^ recorded.keys())}"] * (changed != set(recorded))
    for path, diff in recorded.items():
        expected = patched(before.get(path, ""), diff)
        got = stable(after.get(path))
        if expected != got:
            wrong.append(different(path, expected, got))
    return wrong


def patched(text: str, diff: str) -> str | None:
    """Put a diff over a text, both without what differs on every run."""
    if diff.startswith(NEW):
        return stable(diff.removeprefix(NEW))
    old, lines = (stable(text) or "").splitlines(), (stable(diff) or "").splitlines()
    done, place = [], 0
    for line in lines:
        if found := HUNK.fullmatch(line):
            # A hunk that takes no line away names the line before it.
            start = int(found.group(1)) - (found.group(2) != "0")
            done += old[place:start]
            place = start
        elif line.startswith("+"):
            done.append(line[1:])
        else:
            assert old[place] == line[1:], f"{line!r} is not over {old[place]!r}"
            place += 1
            done += [line[1:]] * line.startswith(" ")
    return "\n".join([*done, *old[place:]]) + "\n"
