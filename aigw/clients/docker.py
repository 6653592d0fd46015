"""One Docker engine through its SDK: slow to import, so only what talks to containers does."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import ceil
from typing import Any

from docker.errors import NotFound

from aigw.clients import docker_files, docker_seen
from aigw.clients.containers import ContainerSeen, DockerInfo, Ran
from aigw.clients.docker_client import Client, api
from aigw.clients.docker_errors import limited, translated
from aigw.clients.docker_exec import Exec, attended, exit_code
from aigw.clients.docker_hosts import DockerHost
from aigw.clients.image_store import ImageStore
from aigw.clients.throwaway import THROWAWAY, is_abandoned, label
from aigw.errors import AigwError, ContainerMissing, NotReady
from aigw.spec.secret import Secret

_CALL_SECONDS = 60.0


class Docker:
    """The containers of one engine, and its `images`; see `Containers` for what methods raise."""

    def __init__(self, host: DockerHost) -> None:
        self._host = host
        self._api = api(host, seconds=_CALL_SECONDS)
        self._client = Client(self._api)
        self.images = ImageStore(host)

    @property
    def host(self) -> DockerHost:
        """Return which engine this is."""
        return self._host

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def info(self) -> DockerInfo:
        """Say what engine it is."""
        with translated(self._host, "asking what it is"):
            return docker_seen.docker_info(self._api.info())

    def container(self, name: str) -> ContainerSeen | None:
        """Look at one; None when there is none of exactly that name or id."""
        tree = self._inspected(name)
        return docker_seen.container_seen(tree) if tree else None

    def containers(self, label: str) -> tuple[ContainerSeen, ...]:
        """Look at all that have a label, as `name` or `name=value`, running or not."""
        return self._listed(f"listing the containers labelled {label}", label=label)

    def mounting(self, target: str) -> tuple[ContainerSeen, ...]:
        """Look at all that have something mounted at `target`, running or not."""
        return self._listed(f"listing the containers with {target}", volume=target)

    def environment(self, name: str) -> Mapping[str, Secret]:
        """Return the environment it was made with, where keys may be."""
        tree = self._inspected(name)
        if tree is None:
            raise ContainerMissing(f"there is no container `{name}`")
        return docker_seen.environment(tree)

    def create(self, arguments: Mapping[str, Any]) -> str:
        """Make one, not started, and return its id; raises ContainerConflict for a taken name.

        `arguments` are those of `docker.DockerClient.containers.create`.
        """
        name = arguments.get("name", "a container")
        with translated(self._host, f"creating `{name}`"):
            # Else the proxies of ~/.docker/config.json go into the container's environment.
            made = self._client.containers.create(**arguments, use_config_proxy=False)
        return str(made.id)

    def start(self, name: str) -> None:
        """Start it; raises PortTaken when a port that it publishes is not free."""
        with translated(self._host, f"starting `{name}`"):
            self._api.start(name)

    def stop(self, name: str, *, seconds: int) -> None:
        """Ask it to end, and end it after so many seconds; one that does not run is left so."""
        with translated(self._host, f"stopping `{name}`"):
            self._api.stop(name, timeout=seconds)

    def unpause(self, name: str) -> None:
        """Let a paused one go on."""
        with translated(self._host, f"unpausing `{name}`"):
            self._api.unpause(name)

    def remove(self, name: str) -> None:
        """Remove it, running or not; one that is not there is left so."""
        with suppress(ContainerMissing), translated(self._host, f"removing `{name}`"):
            self._api.remove_container(name, force=True)

    def rename(self, name: str, new: str) -> None:
        """Give it another name."""
        with translated(self._host, f"renaming `{name}` to `{new}`"):
            self._api.rename(name, new)

    def set_restart_policy(self, name: str, policy: str) -> None:
        """Say when the engine starts it by itself: `no`, `always`, `unless-stopped`."""
        with translated(self._host, f"changing how `{name}` is restarted"):
            wanted: Any = {"Name": policy, "MaximumRetryCount": 0}
            self._api.update_container(name, restart_policy=wanted)

    def logs_tail(self, name: str, lines: int) -> str:
        """Return the last lines that it wrote to stdout and stderr."""
        with translated(self._host, f"reading the log of `{name}`"):
            written = self._api.logs(name, tail=lines)
        return bytes(written).decode(errors="replace")

    def run(
        self,
        name: str,
        command: Sequence[str],
        *,
        stdin: bytes = b"",
        seconds: float = 30.0,
        user: str = "",
    ) -> Ran:
        """Run a command inside a running container. Keys go in by `stdin`, never in `command`.

        The engine shows commands to all who watch its events.
        """
        doing = f"running `{command[0]}` in `{name}`"

        def code() -> int | None:
            return exit_code(self._api.exec_inspect(identity))

        with translated(self._host, doing):
            made = self._api.exec_create(name, list(command), stdin=bool(stdin), user=user)
            identity = made["Id"]
            prepared = Exec(id=identity, doing=doing, stdin=stdin, code=code)
            return attended(self._host, prepared, seconds=seconds)

    def once(
        self,
        image: str,
        command: Sequence[str],
        *,
        binds: Mapping[str, str] | None = None,
        user: str = "",
        seconds: float = 60.0,
    ) -> Ran:
        """Run a command in a container without network that is removed afterwards.

        `binds` maps folders of the machine to `/target` or `/target:ro`.
        """
        doing = f"running `{command[0]}` in `{image}`"
        identity = self._for_one_use(
            {
                "image": image,
                "entrypoint": [command[0]],
                "command": list(command[1:]),
                "user": user,
                "volumes": [f"{source}:{target}" for source, target in (binds or {}).items()],
                "network_mode": "none",
                "security_opt": ["no-new-privileges"],
                "log_config": {"type": "json-file"},
            }
        )
        try:
            self.start(identity)
            with translated(self._host, doing):
                ended = self._ended(identity, doing, seconds)
                out = self._api.logs(identity, stderr=False)
                err = self._api.logs(identity, stdout=False)
            return Ran(code=int(ended["StatusCode"]), out=bytes(out), err=bytes(err))
        finally:
            self._discard(identity)

    def copy_out(self, name: str, path: str) -> Mapping[str, bytes]:
        """Return the files below a path of a container, by their names relative to it."""
        doing = f"copying {path} out of `{name}`"
        with translated(self._host, doing):
            chunks, _ = self._api.get_archive(name, path)
            return docker_files.files(chunks, doing=doing)

    def copy_from_image(self, image: str, path: str) -> Mapping[str, bytes]:
        """Return the files below a path of an image, nothing of which is run."""
        made = self._for_one_use({"image": image, "command": ["-"]})
        try:
            return self.copy_out(made, path)
        finally:
            self._discard(made)

    def forget_abandoned(self) -> None:
        """Remove what killed commands of ours had made for one use; nobody's who is alive."""
        with translated(self._host, "listing what was made for one use"):
            found = self._api.containers(all=True, filters={"label": THROWAWAY})
        for one in found:
            if is_abandoned(one["Labels"][THROWAWAY], age=time.time() - one["Created"]):
                self._discard(one["Id"])

    def _for_one_use(self, arguments: Mapping[str, Any]) -> str:
        """Make a container that is removed by us, and remove what is left of others."""
        self.forget_abandoned()
        return self.create({**arguments, "labels": label()})

    def _listed(self, doing: str, **filters: str) -> tuple[ContainerSeen, ...]:
        with translated(self._host, doing):
            found = self._api.containers(all=True, filters=filters)
        seen = (self.container(tree["Id"]) for tree in found)
        return tuple(one for one in seen if one is not None)

    def _inspected(self, name: str) -> Mapping[str, Any] | None:
        with translated(self._host, f"looking at container `{name}`"):
            try:
                tree: Mapping[str, Any] = self._api.inspect_container(name)
            except NotFound:
                return None
        # The engine takes the beginning of an id for a name, too.
        return tree if name in {tree["Name"].removeprefix("/"), tree["Id"]} else None

    def _ended(self, identity: str, doing: str, seconds: float) -> Mapping[str, Any]:
        with limited(lambda: NotReady(f"{doing} did not end within {seconds:g} s")):
            return self._api.wait(identity, timeout=ceil(seconds))

    def _discard(self, identity: str) -> None:
        """Remove a container that we made for one use; the error on its way counts more."""
        with suppress(AigwError), translated(self._host, "removing what was made for one use"):
            self._api.remove_container(identity, force=True, v=True)
