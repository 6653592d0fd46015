"""How an engine may go about it, where a person said so."""

from pathlib import Path

from msgspec import Struct


class Means(Struct, frozen=True, kw_only=True):
    """How long it may take (None: as the engine takes), and what counts for containers only.

    With `retain` a container that does not become ready is kept for a look; `archive` is a file
    with the image, as `docker save` writes it; with `pulls` the image is pulled though it is here.
    """

    seconds: float | None = None
    retain: bool = False
    archive: Path | None = None
    pulls: bool = False
