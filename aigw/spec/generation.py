"""A short name for exactly one configuration: a spec together with the keys it is applied with."""

import json
from collections.abc import Mapping
from hashlib import sha256

from aigw.spec.gateway import GatewaySpec
from aigw.spec.writing import to_tree

LENGTH = 12


def generation(spec: GatewaySpec, fingerprints: Mapping[str, tuple[str, ...]]) -> str:
    """Return 12 hexadecimal digits that change with the spec and with any key.

    `fingerprints` holds, for each provider id, salted fingerprints of its keys in their order.
    """
    content = {
        "spec": to_tree(spec, defaults=True),
        "keys": {provider_id: list(prints) for provider_id, prints in fingerprints.items()},
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:LENGTH]
