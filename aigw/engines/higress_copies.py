"""Copies of objects as people had changed them: a key that was removed stays in none."""

from contextlib import suppress
from pathlib import Path

from aigw.errors import CannotWrite
from aigw.rendering.higress import Resources
from aigw.rendering.store_yaml import dump, load
from aigw.spec.secret import Secret
from aigw.state.files import reason, write_atomically

OVERWRITTEN = "overwritten"


def forget_keys(folder: Path, *, was: Resources, now: Resources) -> None:
    """Once a key that was applied is so no more, cut all that are not out of the copies.

    A copy has the keys of all providers of that time, and those that people had typed for one which
    may be gone. Raises CannotWrite.
    """
    copies = [*folder.glob("*.yaml")]
    if not copies:
        return
    from aigw.rendering.concealing import keys_in  # late: hardly a change has copies

    used, before = keys_in([*now.values()]), keys_in([*was.values()])
    if before <= used:
        return
    try:
        for copy in copies:
            _cut(copy, used=used, gone=before - used)
    except OSError as error:
        raise CannotWrite(f"`{folder}` could not be cleaned: {reason(error)}") from error


def _cut(copy: Path, *, used: frozenset[Secret], gone: frozenset[Secret]) -> None:
    """Leave a copy without keys that are not used; without one that cannot be read at all."""
    from aigw.rendering.concealing import cut_out, keys_in

    body: object = None
    with suppress(ValueError):
        body = load(copy.read_text(encoding="utf-8"))
    left = cut_out(body, gone | (keys_in(body) - used))
    if not isinstance(left, dict):
        copy.unlink()
    elif left != body:
        write_atomically(copy, dump(left))
