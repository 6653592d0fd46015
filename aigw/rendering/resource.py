"""Resources as Envoy reads them from files: their content, and a version that is its hash."""

import json
from collections.abc import Iterable
from hashlib import sha256

from msgspec import Struct

from aigw.rendering.template import Tree

VERSION_LENGTH = 16


class Discovery(Struct, frozen=True, kw_only=True):
    """One file of resources of one kind (a DiscoveryResponse of the xDS protocol)."""

    version: str
    resources: tuple[dict[str, Tree], ...]

    def tree(self) -> dict[str, Tree]:
        """Return what the file holds."""
        return {"version_info": self.version, "resources": list(self.resources)}


def discovery(resources: Iterable[dict[str, Tree]]) -> Discovery:
    """Give resources the version that belongs to their content, whatever their keys' order."""
    listed = tuple(resources)
    digest = sha256(json.dumps(listed, sort_keys=True).encode()).hexdigest()
    return Discovery(version=digest[:VERSION_LENGTH], resources=listed)


def without_type(resource: dict[str, Tree]) -> dict[str, Tree]:
    """Leave out `@type`, as a resource has to stand inside another one."""
    return {key: value for key, value in resource.items() if key != "@type"}
