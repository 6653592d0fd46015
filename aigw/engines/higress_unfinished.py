"""Changes that may have been made in part, or may still be: what comes of them is ours to undo."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from aigw.rendering.higress import Resources
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
