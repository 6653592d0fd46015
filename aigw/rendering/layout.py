"""Where the files and sockets of an embedded gateway are, and its limits."""

from pathlib import Path

from msgspec import Struct


class Limits(Struct, frozen=True, kw_only=True):
    """Sizes in bytes and waits in seconds.

    `body_silence` ends a request whose body stops coming; `first_byte` is how long a provider may
    think before it answers, `silence` how long an answer may then stand still.
    """

    body: int = 32 * 1024 * 1024
    headers: int = 10
    body_silence: int = 60
    connect: int = 10
    first_byte: int = 600
    silence: int = 900


class Layout(Struct, frozen=True, kw_only=True):
    """Every path that stands in Envoy's files, absolute; `ca_file` is whom TLS trusts.

    There is one folder a kind of resource: a change within one makes Envoy look at all of it.
    """

    folder: Path
    admin_socket: Path
    demo_socket: Path
    access_log: Path
    ca_file: Path
    limits: Limits = Limits()

    @property
    def listeners(self) -> Path:
        """The listener."""
        return self.folder / "lds" / "lds.json"

    @property
    def clusters(self) -> Path:
        """The providers."""
        return self.folder / "cds" / "cds.json"

    @property
    def routes(self) -> Path:
        """The routes and the program."""
        return self.folder / "rds" / "rds.json"

    def secret(self, name: str) -> Path:
        """The file of one key; `name` is that of its cluster: `openai.1`."""
        return self.folder / "sds" / f"{name}.json"
