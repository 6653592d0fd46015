"""Which image the Higress engine runs, where it comes from, and what its container may use."""

from enum import StrEnum

from msgspec import Struct

REGIONS = ("china", "asia", "america")
"""Words for a registry near the user, instead of its host."""


class Pull(StrEnum):
    """When an image is pulled."""

    ALWAYS = "always"
    MISSING = "missing"
    NEVER = "never"


class Image(Struct, frozen=True, kw_only=True):
    """An image; empty text is what the engine knows itself.

    `registry` is `auto`, a region's word or a host, and counts where `repository` has no host;
    `digest` (`sha256:...`) is what the tag must stand for.
    """

    repository: str = ""
    tag: str = ""
    digest: str = ""
    registry: str = "auto"
    pull: Pull = Pull.MISSING


class Limits(Struct, frozen=True, kw_only=True):
    """What the container may use: memory as `2g`, processors as a number; empty and 0: no limit."""

    memory: str = ""
    cpus: int = 0
