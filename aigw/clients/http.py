"""Ask the gateway over HTTP, and ask a provider whether it takes a key."""

import json
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import closing
from enum import StrEnum
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from msgspec import Struct

from aigw.catalog.provider_type import Api
from aigw.catalog.target import Target
from aigw.spec.secret import Secret

_MOST_BYTES = 1024 * 1024
_SILENCE = "no answer in time"


class Answer(Struct, frozen=True, kw_only=True):
    """What came back: `status` is 0 when nothing did, and then `problem` says why.

    Header names are in lower case; `body` holds at most 1 MiB.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    latency_ms: int
    problem: str

    @property
    def silent(self) -> bool:
        """Say whether somebody took the question and said nothing."""
        return self.problem == _SILENCE


def ask_gateway(
    url: str,
    *,
    timeout: float,
    body: object = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Ask a gateway on this machine: POST `body` as JSON, or GET without one; never raises for it.

    No proxy is used, whatever the environment says. `timeout` is in seconds, for each wait.
    """
    # Not httpx: its import alone takes longer than the whole command may.
    begun, parts = time.monotonic(), urlsplit(url)
    sent = {"content-type": "application/json"} if body is not None else {}
    content = None if body is None else json.dumps(body).encode()
    method = "GET" if body is None else "POST"
    try:
        with closing(HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)) as asked:
            asked.request(method, parts.path or "/", content, {**sent, **(headers or {})})
            answer = asked.getresponse()
            return Answer(
                status=answer.status,
                headers={name.lower(): value for name, value in answer.getheaders()},
                body=answer.read(_MOST_BYTES),
                latency_ms=_milliseconds(begun),
                problem="",
            )
    except (OSError, HTTPException) as error:
        problem = _words(error)
        return Answer(
            status=0, headers={}, body=b"", latency_ms=_milliseconds(begun), problem=problem
        )


def _milliseconds(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)


def _words(error: OSError | HTTPException) -> str:
    if isinstance(error, TimeoutError):
        return _SILENCE
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "the connection ended without an answer"


class KeyState(StrEnum):
    """What a provider says of a key; `unknown` when its answer tells nothing about the key."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


class KeyVerdict(Struct, frozen=True, kw_only=True):
    """What a provider says of a key, and in `detail` how it said so."""

    state: KeyState
    detail: str


def check_key(target: Target, key: Secret, *, timeout: float) -> KeyVerdict:
    """Ask a provider for its models with a key, through the proxy that the environment names.

    Only 401 and 403 reject a key. One is accepted only where the same question without a key is
    not answered: some providers show their models to anybody. `timeout` is in seconds, for each
    wait.
    """
    path, auth = target.paths.get(Api.MODELS), target.auth.get(Api.MODELS)
    if target.socket or path is None or auth is None:
        return _unknown("it has no list of models to ask for with a key")
    if not (key.reveal().isascii() and key.reveal().isprintable()):
        return _unknown("no header carries it")  # the HTTP library would log it
    host = f"[{target.host}]" if ":" in target.host else target.host
    url = f"{target.scheme}://{host}:{target.port}{path}"
    plain = dict(target.headers.get(Api.MODELS, {}))
    keyed = {**plain, auth.header: f"{auth.prefix}{key.reveal()}"}
    with_key = _status(url, keyed, timeout=timeout)
    if with_key in _ANSWERED and _status(url, plain, timeout=timeout) in _ANSWERED:
        return _unknown("the provider lists its models to anybody")
    return _verdict(with_key)


_ANSWERED = range(200, 300)
REJECTED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
"""What is answered to a key that is not taken."""


def _verdict(status: int | str) -> KeyVerdict:
    if isinstance(status, str):
        return KeyVerdict(state=KeyState.UNREACHABLE, detail=status)
    detail = f"it answered {status}"
    if status in REJECTED:
        return KeyVerdict(state=KeyState.REJECTED, detail=detail)
    if status in _ANSWERED:
        return KeyVerdict(state=KeyState.ACCEPTED, detail=detail)
    return _unknown(detail)


def _unknown(detail: str) -> KeyVerdict:
    return KeyVerdict(state=KeyState.UNKNOWN, detail=detail)


def _status(url: str, headers: Mapping[str, str], *, timeout: float) -> int | str:
    """Return the status of an answer, or why there was none, in words that quote no header."""
    import httpx  # late: 100 ms, and only a live check of a key needs it

    try:
        with (
            httpx.Client(timeout=timeout) as client,
            client.stream("GET", url, headers=dict(headers)) as answer,
        ):
            return answer.status_code
    except httpx.TimeoutException:
        return _SILENCE
    except httpx.NetworkError as error:
        return _unconnected(error)
    except httpx.ProxyError:
        return "the proxy that the environment names refused"
    except httpx.TransportError:
        return "it does not speak HTTP there"
    except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
        named = "certificates" if isinstance(error, OSError) else "proxy"
        return f"the {named} that the environment names cannot be used"


def _unconnected(error: Exception) -> str:
    """Say why there was no connection, by the error of the system that is behind the library's."""
    behind: BaseException | None = error
    while behind is not None and not isinstance(behind, OSError):
        behind = behind.__cause__ or behind.__context__
    match behind:
        case socket.gaierror():
            return "its name leads to no address, or there is no network"
        case ssl.SSLError():
            return "its certificate is not trusted, or it does not speak TLS there"
        case OSError():
            return _words(behind)
        case _:
            return "the connection broke"
