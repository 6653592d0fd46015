"""What tests make in a Docker engine, so that all of it can be removed."""

from dataclasses import dataclass, field

import docker as sdk

from aigw.clients.docker import Docker

LABEL = "d-test"


@dataclass(kw_only=True)
class Engine:
    """One engine; `mark` is on each container that a test makes, and `images` go at the end."""

    docker: Docker
    mark: str
    images: list[str] = field(default_factory=list)
    tiny: str = ""

    def add_tiny(self, root: bytes) -> None:
        """Have an image with the programs of `tests/docker/tiny.py`."""
        name = f"d-tiny-{self.mark}"
        with self._raw() as client:
            client.import_image_from_data(root, repository=name, tag="1")
        seen = self.docker.images.image(f"{name}:1")
        assert seen
        self.tiny = seen.id
        self.images.append(seen.id)

    def create(self, name: str, *command: str, **arguments: object) -> str:
        """Make a container of the tiny image; returns its name."""
        full = f"d-{name}-{self.mark}"
        self.docker.create(
            {
                "image": self.tiny,
                "command": list(command),
                "name": full,
                "labels": {LABEL: self.mark},
                **({} if "ports" in arguments else {"network_mode": "none"}),
                **arguments,
            }
        )
        return full

    def run(self, name: str, **arguments: object) -> str:
        """Make a container that sleeps, and start it; returns its name."""
        full = self.create(name, "sleep", "600", init=True, **arguments)
        self.docker.start(full)
        return full

    def remove_all(self) -> None:
        """Remove what tests made."""
        for one in self.docker.containers(f"{LABEL}={self.mark}"):
            self.docker.remove(one.id)
        with self._raw() as client:
            for image in self.images:
                try:
                    client.remove_image(image, force=True)
                except sdk.errors.NotFound:
                    continue
        self.docker.close()

    def _raw(self) -> sdk.APIClient:
        return sdk.APIClient(base_url=self.docker.host.url, version="1.41")
