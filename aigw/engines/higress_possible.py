"""Whether the Higress engine can be had on this machine."""

from collections.abc import Callable, Mapping
from pathlib import Path

from aigw.clients.docker_hosts import find
from aigw.clients.docker_images import available, here
from aigw.clients.registries import wanted
from aigw.engines.choice import Possible
from aigw.errors import AigwError, DockerMissing
from aigw.spec.gateway import GatewaySpec
from aigw.spec.image import Pull


def possible(
    spec: GatewaySpec, *, environ: Mapping[str, str], home: Path, zone: Callable[[], str]
) -> Possible:
    """Look for a Docker engine that has the image or can pull it; asks registries for 5 s."""
    try:
        host = find(environ, home)
    except DockerMissing as error:
        return Possible(possible=False, reason=error.message.partition("; tried:")[0])
    from aigw.clients.image_store import ImageStore  # late: the SDK is slow to import

    images, asked = ImageStore(host), wanted(spec.image, zone())
    try:
        if here(images, asked):
            return Possible(possible=True, reason="a Docker engine answers and has the image")
        if available(images, asked):
            reason = "a Docker engine answers and the image can be pulled"
            return Possible(possible=True, reason=reason)
    except AigwError as error:
        return Possible(possible=False, reason=error.message)
    where = "here" if asked.pull is Pull.NEVER else "here, and no registry offers it"
    return Possible(possible=False, reason=f"a Docker engine answers, but the image is not {where}")
