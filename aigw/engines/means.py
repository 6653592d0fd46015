"""How an engine may go about it, where a person said so."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """How long it may take (None: as the engine takes), and what counts for containers only.

    With `retain` a container that does not become ready is kept for a look; `archive` is a file
    with the image, as `docker save` writes it.
    """

    seconds: float | None = None
    retain: bool = False
    archive: Path | None = None
