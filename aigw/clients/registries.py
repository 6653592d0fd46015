"""Where the image of the gateway can be had, and in which order to ask."""

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from aigw.clients.region import Region, nearest, region
from aigw.spec.image import REGIONS, Image, Pull

HANGZHOU: Final = "higress-registry.cn-hangzhou.cr.aliyuncs.com"
BANGKOK: Final = "higress-registry.ap-southeast-7.cr.aliyuncs.com"
SILICON_VALLEY: Final = "higress-registry.us-west-1.cr.aliyuncs.com"
REPOSITORY: Final = "higress/all-in-one"
TAG: Final = "latest"

ORDER: Final = {
    Region.CHINA: (HANGZHOU, BANGKOK, SILICON_VALLEY),
    Region.ASIA: (BANGKOK, HANGZHOU, SILICON_VALLEY),
    Region.AMERICA: (SILICON_VALLEY, BANGKOK, HANGZHOU),
    Region.WORLD: (SILICON_VALLEY, BANGKOK, HANGZHOU),
}
"""Whom to ask first in each region; in the rest of the world, where none could be measured."""

Rank = Callable[[Sequence[str]], tuple[str, ...]]
"""Puts hosts in the order in which to ask them."""


class Reference(Struct, frozen=True, kw_only=True):
    """An image at one registry, by tag or by digest; `host` is empty for the engine's own."""

    host: str
    repository: str
    tag: str
    digest: str = ""

    @property
    def name(self) -> str:
        """Name the repository with its host."""
        return f"{self.host}/{self.repository}" if self.host else self.repository

    def __str__(self) -> str:
        return f"{self.name}@{self.digest}" if self.digest else f"{self.name}:{self.tag}"


class Wanted(Struct, frozen=True, kw_only=True):
    """An image to be had: where it may be, what its digest must be (or empty), when to pull.

    `rank` is asked once, before a pull, for the order of the hosts.
    """

    references: tuple[Reference, ...]
    digest: str
    pull: Pull
    rank: Rank = tuple

    def ranked(self) -> tuple[Reference, ...]:
        """Return the references in the order in which to pull; may measure for 1.5 s."""
        if len(self.references) == 1:
            return self.references
        by_host = {reference.host: reference for reference in self.references}
        return tuple(by_host[host] for host in self.rank(tuple(by_host)))

    def __str__(self) -> str:
        first, *others = self.references
        name = str(replace(first, host=""))
        others_too = f" or {len(others)} other registries" if others else ""
        return f"{name} from {first.host}{others_too}" if first.host else name


def wanted(image: Image, zone: str, *, measure: Rank = nearest) -> Wanted:
    """Say where to look for an image from a place with that time zone."""
    own, _, rest = image.repository.partition("/")
    named = own if rest and _is_host(own) else ""
    repository = (rest if named else image.repository) or REPOSITORY
    there = Region(image.registry) if image.registry in REGIONS else region(zone)
    hosts = (named,) if named else _hosts(image, there)
    references = tuple(
        Reference(host=host, repository=repository, tag=image.tag or TAG, digest=image.digest)
        for host in hosts
    )
    rank = measure if there is Region.WORLD else tuple
    return Wanted(references=references, digest=image.digest, pull=image.pull, rank=rank)


def _hosts(image: Image, there: Region) -> tuple[str, ...]:
    """Return whom to ask: an image of one's own without a host is where Docker looks for it."""
    if image.registry == "auto" and image.repository:
        return ("",)
    known = image.registry == "auto" or image.registry in REGIONS
    return ORDER[there] if known else (image.registry,)


def _is_host(part: str) -> bool:
    """Say whether the first part of a name is a host, as Docker does (distribution/reference)."""
    return "." in part or ":" in part or part == "localhost"
