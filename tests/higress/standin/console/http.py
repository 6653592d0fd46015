"""Requests, answers and the table of routes: all that a handler sees of HTTP."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..values import Json
from .auth import Admin
from .errors import ConsoleError, IllegalArgument, MalformedBody
from .jackson import Shape, read
from .kube import Kube

JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer: `body` is JSON unless it is text already; None is an empty body."""

    status: int = 200
    body: Json = None
    content_type: str | None = JSON
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request, with what its path and its query say."""

    method: str
    path: str
    kube: Kube
    admin: Admin
    pilot: int
    params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes = b""
    shape: Shape = None

    def json(self) -> Json:
        """Read the body as Jackson would read it into the handler's class."""
        try:
            parsed = json.loads(self.raw)
        except ValueError as error:
            raise MalformedBody from error
        return read(parsed, self.shape)


Handler = Callable[[Request], Reply]


@dataclass(frozen=True, kw_only=True)
class Route:
    """A method and a path to a handler; `{name}` in the path is one segment of it."""

    method: str
    pattern: str
    handler: Handler
    anonymous: bool = False
    shape: Shape = None

    def match(self, path: str) -> dict[str, str] | None:
        """Give the parameters of a path of this route, None for any other path."""
        expression = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.pattern)
        found = re.fullmatch(expression.replace("/**", "/.*"), path)
        return found.groupdict() if found else None


class RouteTable:
    """Collects a module's routes: `@routes.put("/v1/things/{name}", shape=THING)`."""

    def __init__(self) -> None:
        """Begin with none."""
        self.routes: list[Route] = []

    def _add(
        self, method: str, pattern: str, *, anonymous: bool, shape: Shape
    ) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            self.routes.append(
                Route(
                    method=method,
                    pattern=pattern,
                    handler=handler,
                    anonymous=anonymous,
                    shape=shape,
                )
            )
            return handler

        return register

    def get(self, pattern: str, *, anonymous: bool = False) -> Callable[[Handler], Handler]:
        """Register a GET."""
        return self._add("GET", pattern, anonymous=anonymous, shape=None)

    def post(
        self, pattern: str, *, shape: Shape = None, anonymous: bool = False
    ) -> Callable[[Handler], Handler]:
        """Register a POST; a body of the wrong shape is Spring's 400 before authentication."""
        return self._add("POST", pattern, anonymous=anonymous, shape=shape)

    def put(self, pattern: str, *, shape: Shape = None) -> Callable[[Handler], Handler]:
        """Register a PUT, as `post` does."""
        return self._add("PUT", pattern, anonymous=False, shape=shape)

    def delete(self, pattern: str) -> Callable[[Handler], Handler]:
        """Register a DELETE."""
        return self._add("DELETE", pattern, anonymous=False, shape=None)


def envelope(data: Json) -> Reply:
    """Answer a GET of one thing; nothing there is 404 with an empty body."""
    if data is None:
        return Reply(status=404, content_type=None)
    return Reply(body={"success": True, "message": None, "data": data})


def done() -> Reply:
    """Answer success with an envelope around nothing (init, logout, changePassword)."""
    return Reply(body={"success": True, "message": None, "data": None})


def bare(data: Json) -> Reply:
    """Answer a PUT: the thing without envelope; null is an empty body."""
    return Reply(body=data) if data is not None else Reply(content_type=None)


def created(data: Json) -> Reply:
    """Answer a POST: 201 and the thing without envelope; null is an empty body."""
    return Reply(status=201, body=data, content_type=JSON if data is not None else None)


def deleted() -> Reply:
    """Answer a DELETE, also when there was nothing."""
    return Reply(status=204, content_type=None)


def listing(items: list[Any]) -> Reply:
    """Answer a GET of a list whose handler ignores pages."""
    page = {"total": len(items), "pageNum": None, "pageSize": None}
    return Reply(body={"success": True, "message": None, "data": items, **page})


def paged(request: Request, items: list[Any]) -> Reply:
    """Answer a GET of a list in pages, when the query asks for pages."""
    number, size = (_page_field(request, name) for name in ("pageNum", "pageSize"))
    if number is None and size is None:
        return listing(items)
    number, size = max(number or 1, 1), size if size and size > 0 else 10
    start, total = (number - 1) * size, len(items)
    if start > total:
        raise IllegalArgument(f"fromIndex({start}) > toIndex({total})")
    page = {"total": total, "pageNum": number, "pageSize": size}
    data = items[start : start + size]
    return Reply(body={"success": True, "message": None, "data": data, **page})


def _page_field(request: Request, name: str) -> int | None:
    text = request.query.get(name)
    if not text:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise MalformedBody from error


def failure(error: ConsoleError) -> Reply:
    """Answer with what went wrong."""
    return Reply(
        status=error.status, body={"success": False, "message": error.message, "data": None}
    )
