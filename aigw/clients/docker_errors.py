"""Errors of the Docker engine, its SDK and the libraries below, as ours."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from json import JSONDecodeError

from docker.errors import APIError, DockerException, StreamParseError
from requests.exceptions import RequestException
from requests.exceptions import Timeout as RequestTimeout
from urllib3.exceptions import HTTPError, ReadTimeoutError

from aigw.clients.docker_hosts import DockerHost
from aigw.clients.docker_refusals import gone, refusal
from aigw.errors import AigwError, DockerRefused

_SLOW = (RequestTimeout, ReadTimeoutError, TimeoutError)
_BROKEN = (RequestException, HTTPError, HTTPException, StreamParseError, JSONDecodeError)


@contextmanager
def translated(host: DockerHost, doing: str) -> Iterator[None]:
    """Turn what goes wrong in the block into our errors; `doing` says what was being done."""
    try:
        yield
    except APIError as error:
        raise refusal(_said(error), doing, status=error.status_code or 0) from error
    except (*_BROKEN, OSError) as error:
        raise gone(host, doing, slow=_is_slow(error)) from error
    except DockerException as error:
        raise DockerRefused(f"Docker's library failed while {doing}: {error}") from error


@contextmanager
def limited(late: Callable[[], AigwError]) -> Iterator[None]:
    """Raise what `late` returns when an answer in the block does not come in time."""
    try:
        yield
    except (RequestException, HTTPError, TimeoutError) as error:
        if _is_slow(error):
            raise late() from error
        raise


def _said(error: APIError) -> str:
    """Return the engine's own words; the exception's are a URL."""
    words = error.explanation or ""
    if isinstance(words, bytes):
        words = words.decode(errors="replace")
    return " ".join(words.split()) or f"status {error.status_code}"


def _is_slow(error: Exception) -> bool:
    """Say whether it is a time-out; in the middle of a body requests calls it a lost connection."""
    behind = error.args[0] if error.args else None
    return isinstance(error, _SLOW) or isinstance(behind, _SLOW)
