"""The client of Docker's SDK as we use it: no proxies, and no call that waits for ever."""

import warnings
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from docker import APIClient, DockerClient
from docker.errors import APIError, DockerException
from docker.tls import TLSConfig
from requests import PreparedRequest, Response

from aigw.clients.docker_api import PLAIN_PORT, TLS_PORT, UNIX, Tls
from aigw.clients.docker_hosts import DockerHost
from aigw.errors import DockerRefused

Tree = Any
"""What the engine answered: JSON, of any shape until it was read."""

Call = Callable[..., Tree]


class Api(APIClient):
    """The SDK's client, which waits `timeout` seconds for each answer, streams included."""

    def __init__(self, host: DockerHost, *, seconds: float) -> None:
        version = ".".join(map(str, host.api))
        url, tls = _address(host)
        self._streams: list[Response] = []
        super().__init__(base_url=url, version=version, tls=tls, timeout=seconds)  # type: ignore[arg-type]
        self.trust_env = False  # else the proxies of the environment are asked for the engine

    def send(self, request: PreparedRequest, **options: object) -> Response:
        """Send a request; the SDK lets some, as a pull, wait without end."""
        if options.get("timeout") is None:
            options["timeout"] = self.timeout
        response = super().send(request, **options)  # type: ignore[arg-type]
        if options.get("stream"):
            self._streams.append(response)
        return response

    def close(self) -> None:
        """Close every connection, those of unfinished answers, too: it ends what they ask for."""
        for response in self._streams:
            response.close()
        super().close()


class Client(DockerClient):
    """The SDK's high-level client over ours."""

    def __init__(self, api: Api) -> None:
        self.api = api


def api(host: DockerHost, *, seconds: float) -> Api:
    """Connect to an engine, lazily; raises DockerRefused for a `config.json` that is broken."""
    try:
        return Api(host, seconds=seconds)
    except (DockerException, ValueError, TypeError, AttributeError) as error:
        message = f"Docker's library cannot be used with the files of the `docker` command: {error}"
        raise DockerRefused(message, hint="docker logout") from error


def anonymously(call: Call, *arguments: object, **options: object) -> Tree:
    """Call with the user's login to the registry; without it where that cannot be looked up.

    A `credsStore` that is not installed here is common, and our registries need no login.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="docker-credential-", category=UserWarning)
            return call(*arguments, **options)
    except APIError:
        raise
    except DockerException:
        return call(*arguments, **options, auth_config={})


def _address(host: DockerHost) -> tuple[str, TLSConfig | bool]:
    if host.url.startswith(UNIX):
        return host.url, False
    parts = urlsplit(host.url)
    port = parts.port or (TLS_PORT if host.tls else PLAIN_PORT)
    name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"tcp://{name}:{port}", _tls(host.tls) if host.tls else False


def _tls(tls: Tls) -> TLSConfig:
    pair = (tls.cert, tls.key) if tls.cert and tls.key else None
    return TLSConfig(client_cert=pair, ca_cert=tls.ca or None, verify=tls.verify)
