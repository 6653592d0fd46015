"""A registry on a loopback port: as much of the OCI distribution API as a pull needs, and faults.

Docker takes registries on 127.0.0.0/8 without TLS.
"""

import gzip
import hashlib
import json
import platform
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def sha256(content: bytes) -> str:
    """Return the digest of a blob."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass(frozen=True, kw_only=True)
class Made:
    """An image as a registry keeps it: manifest, blobs by digest, layers from the bottom.

    `inner` are the manifests that a manifest for several platforms names.
    """

    manifest: bytes
    blobs: dict[str, bytes]
    layers: tuple[str, ...]
    id: str
    kind: str = MANIFEST
    inner: dict[str, bytes] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Return what a pull by digest asks for."""
        return sha256(self.manifest)


def image(*tars: bytes, runs: Mapping[str, object] | None = None) -> Made:
    """Make an image of layers; `runs` is how a container of it is run."""
    layers = [gzip.compress(tar, compresslevel=1, mtime=0) for tar in tars]
    config = json.dumps(
        {
            "architecture": _ARCHITECTURES[platform.machine()],
            "os": "linux",
            "config": runs or {"Cmd": ["sleep", "60"]},
            "rootfs": {"type": "layers", "diff_ids": [sha256(tar) for tar in tars]},
        }
    ).encode()
    described = [_described(LAYER, layer) for layer in layers]
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _described(CONFIG, config),
        "layers": described,
    }
    return Made(
        manifest=json.dumps(manifest).encode(),
        blobs={sha256(blob): blob for blob in (config, *layers)},
        layers=tuple(sha256(layer) for layer in layers),
        id=sha256(config),
    )


def for_platforms(made: Made) -> Made:
    """Make an image for another platform, too, which nobody has, out of one for ours."""
    ours = {"os": "linux", "architecture": _ARCHITECTURES[platform.machine()]}
    named = [
        {**_described(MANIFEST, b"{}"), "platform": {"os": "linux", "architecture": "s390x"}},
        {**_described(MANIFEST, made.manifest), "platform": ours},
    ]
    listed = {"schemaVersion": 2, "mediaType": LIST, "manifests": named}
    return replace(
        made, manifest=json.dumps(listed).encode(), kind=LIST, inner={made.digest: made.manifest}
    )


def _described(kind: str, blob: bytes) -> dict[str, object]:
    return {"mediaType": kind, "size": len(blob), "digest": sha256(blob)}


@dataclass(kw_only=True)
class Registry:
    """Serves images by `repository:tag` until the block ends.

    `status` is answered to everything instead of what was asked; `held` are blobs of which only
    the first half comes until `released` is set; `lies` sends that manifest for every digest;
    with a `token` only who has it is served, and anybody is given it; `asked` is every path that
    was asked for.
    """

    images: dict[str, Made] = field(default_factory=dict)
    status: int = 0
    held: frozenset[str] = frozenset()
    lies: Made | None = None
    silent: bool = False
    token: str = ""
    released: threading.Event = field(default_factory=threading.Event)
    reached: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def host(self) -> str:
        """Return what stands before the repository in a name."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def fetched(self, blobs: Sequence[str]) -> list[int]:
        """Count how often each blob was asked for."""
        return [sum(path.endswith(blob) for path in self.asked) for blob in blobs]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        super().__init__(("127.0.0.1", 0), _Api)


class _Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        registry = self.server.registry
        registry.asked.append(self.path)
        if registry.silent:
            registry.reached.set()
            registry.released.wait()
            return
        if registry.status:
            code = "TOOMANYREQUESTS" if registry.status == 429 else "DENIED"
            self._send(registry.status, "application/json", _error(code, "not now"))
            return
        if self.path.startswith("/token"):
            self._send(200, "application/json", json.dumps({"token": registry.token}).encode())
            return
        if registry.token and self.headers["authorization"] != f"Bearer {registry.token}":
            self._send(401, "application/json", _error("UNAUTHORIZED", "who are you"))
            return
        match self.path.removeprefix("/v2/").rsplit("/", 2):
            case [""]:
                self._send(200, "application/json", b"{}")
            case [repository, "manifests", reference]:
                self._manifest(repository, reference)
            case [repository, "blobs", digest]:
                self._blob(digest)
            case _:
                self._send(404, "application/json", _error("UNSUPPORTED", "no"))

    do_HEAD = do_GET

    def _manifest(self, repository: str, reference: str) -> None:
        registry = self.server.registry
        for name, made in registry.images.items():
            by_digest = reference == made.digest and name.startswith(f"{repository}:")
            if by_digest or name == f"{repository}:{reference}":
                sent = registry.lies if by_digest and registry.lies else made
                self._send(200, sent.kind, sent.manifest)
                return
            if reference in made.inner:
                self._send(200, MANIFEST, made.inner[reference])
                return
        self._send(404, "application/json", _error("MANIFEST_UNKNOWN", "manifest unknown"))

    def _blob(self, digest: str) -> None:
        registry = self.server.registry
        made = registry.images.values()
        blob = next((one.blobs[digest] for one in made if digest in one.blobs), None)
        if blob is None:
            self._send(404, "application/json", _error("BLOB_UNKNOWN", "blob unknown"))
            return
        self._head(200, "application/octet-stream", blob)
        half = len(blob) // 2 if digest in registry.held else len(blob)
        self.wfile.write(blob[:half])
        if half < len(blob):
            self.wfile.flush()
            registry.reached.set()
            registry.released.wait()
            self.wfile.write(blob[half:])

    def _send(self, status: int, kind: str, content: bytes) -> None:
        self._head(status, kind, content)
        if self.command == "GET":
            self.wfile.write(content)

    def _head(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.send_header("docker-content-digest", sha256(content))
        self.send_header("docker-distribution-api-version", "registry/2.0")
        if status == HTTPStatus.UNAUTHORIZED:
            realm = f"http://{self.server.registry.host}/token"
            scope = "repository:d/gateway:pull"
            self.send_header(
                "www-authenticate", f'Bearer realm="{realm}",service="d",scope="{scope}"'
            )
        self.end_headers()

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True  # who asked has gone

    def log_message(self, *words: object) -> None:
        """Say nothing."""


def _error(code: str, message: str) -> bytes:
    return json.dumps({"errors": [{"code": code, "message": message}]}).encode()
