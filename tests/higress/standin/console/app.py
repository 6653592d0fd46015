"""Every route of the console in one table, and what happens around a handler."""

import time
from urllib.parse import parse_qsl, unquote, urlsplit

from . import (
    ai_routes,
    consumers,
    pages,
    plain_routes,
    plugins,
    provider_routes,
    session,
    sources,
    system,
)
from .auth import Admin
from .errors import AuthException, ConsoleError, SpringError
from .http import JSON, Reply, Request, Route, failure
from .kube import Kube

MODULES = (
    system, session, provider_routes, ai_routes, plain_routes, plugins, consumers, sources, pages,
)  # fmt: skip
ROUTES: list[Route] = [route for module in MODULES for route in module.routes.routes]

FRONTEND = Route(method="*", pattern="/**", handler=pages.frontend, anonymous=True)


class App:
    """Answers one request after the other, whatever a handler makes of it."""

    def __init__(self, kube: Kube, pilot: int) -> None:
        """Hold the API server's client, the admin it knows, and the port of pilot's debug API."""
        self._pilot = pilot
        self._kube = kube
        self._admin = Admin(kube)

    def answer(self, method: str, target: str, headers: dict[str, str], raw: bytes) -> Reply:
        """Find the handler, let it answer, and dress up what it raised."""
        parts = urlsplit(target)
        path = unquote(parts.path)
        try:
            route, params = _route(method, path)
            request = Request(
                method=method,
                path=path,
                kube=self._kube,
                params=params,
                query=dict(parse_qsl(parts.query, keep_blank_values=True)),
                headers=headers,
                raw=raw,
                shape=route.shape,
                admin=self._admin,
                pilot=self._pilot,
            )
            _check_body(route, request)
            return self._handle(route, request)
        except SpringError as error:
            return _spring(error, path)
        except ConsoleError as error:
            return failure(error)

    def _handle(self, route: Route, request: Request) -> Reply:
        if not route.anonymous and self._admin.user_of(request.headers) is None:
            raise AuthException("Login required.")
        return route.handler(request)


def _route(method: str, path: str) -> tuple[Route, dict[str, str]]:
    matches = [(route, route.match(path)) for route in ROUTES]
    found = [(route, params) for route, params in matches if params is not None]
    for route, params in found:
        if route.method in {method, "*"}:
            return route, params
    if found:
        raise SpringError(405, "Method Not Allowed")
    return FRONTEND, {}


def _check_body(route: Route, request: Request) -> None:
    if route.shape is None:
        return
    if request.headers.get("content-type", "").split(";")[0].strip() != JSON:
        raise SpringError(415, "Unsupported Media Type")
    request.json()


def _spring(error: SpringError, path: str) -> Reply:
    body = {"timestamp": int(time.time() * 1000), "status": error.status}
    return Reply(status=error.status, body={**body, "error": error.error, "path": path})
