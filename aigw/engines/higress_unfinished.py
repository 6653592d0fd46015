"""Changes that may have been made in part, or may still be: what comes of them is ours to undo."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from aigw.engines.higress_changes import cut
from aigw.rendering.higress import Resources
from aigw.spec.secret import Secret
from aigw.state.files import write_atomically


class Unfinished:
    """What was rendered for each of them, in the folder of what is known of the container."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "unfinished.json"

    def attempts(self) -> tuple[Resources, ...]:
        """Return them, the oldest first."""
        with suppress(OSError, ValueError):
            return msgspec.json.decode(self._file.read_bytes(), type=tuple[Resources, ...])
        return ()

    def keep(self, attempts: Sequence[Resources]) -> None:
        """Keep these and no others; raises CannotWrite."""
        if not attempts:
            self._file.unlink(missing_ok=True)
            return
        once = dict.fromkeys(msgspec.json.encode(one, order="sorted") for one in attempts)
        text = msgspec.json.encode([msgspec.Raw(one) for one in once]).decode()
        # A power cut ends the console as well, and all that waits in it.
        write_atomically(self._file, text, durable=False)

    def forget(self, keys: Iterable[Secret]) -> None:
        """Cut keys out of them, as out of the store; raises CannotWrite."""
        gone = [*keys]
        attempts = self.attempts()
        self.keep([{path: cut(body, gone) for path, body in one.items()} for one in attempts])
