"""The shape of `image` and `container` in a `gateway.yaml`."""

from aigw.spec.forms import DIGEST, MEMORY, MOST_CPUS, REGISTRY, REPOSITORY, TAG
from aigw.spec.image import Image, Limits, Pull
from aigw.spec.node import Node

IMAGE_KEYS = ("repository", "tag", "digest", "registry", "pull")
LIMIT_KEYS = ("memory", "cpus")


def read_image(node: Node) -> Image:
    """Read which image is to run."""
    at, default = node.fields(IMAGE_KEYS), Image()
    return Image(
        repository=at["repository"].text(REPOSITORY),
        tag=at["tag"].text(TAG),
        digest=at["digest"].text(DIGEST),
        registry=at["registry"].text(REGISTRY) or default.registry,
        pull=Pull(at["pull"].word(tuple(Pull)) or default.pull),
    )


def read_limits(node: Node) -> Limits:
    """Read what its container may use."""
    at = node.fields(LIMIT_KEYS)
    return Limits(memory=at["memory"].text(MEMORY), cpus=at["cpus"].whole(1, MOST_CPUS) or 0)
