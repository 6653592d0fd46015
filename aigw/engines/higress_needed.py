"""Routes that people made in the console or by hand, and the providers of ours that they need."""

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any

from msgspec import Struct, convert, json

from aigw.engines.higress_changes import read_applied
from aigw.engines.higress_store import Store, aside
from aigw.engines.higress_unfinished import Unfinished
from aigw.errors import BadUsage
from aigw.rendering.higress import Resources
from aigw.state.paths import GatewayPaths

PATHS = ("configmaps/ai-route-*.yaml", "ingresses/*.yaml")
"""Where a store has routes: an AI route in both, any other as an Ingress only."""

_AI_ROUTE = re.compile(r"ai-route-(.+?)((\.fallback)?\.internal)?")
_SERVICE = re.compile(r"(?<!\S)llm-(\S+?)\.internal\.")


class _Upstream(Struct, frozen=True):
    provider: str = ""


class _Fallback(Struct, frozen=True):
    enabled: bool | None = None
    upstreams: tuple[_Upstream, ...] = ()


class _AiRoute(Struct, frozen=True, rename="camel"):
    upstreams: tuple[_Upstream, ...] = ()
    fallback_config: _Fallback | None = None


class _Metadata(Struct, frozen=True):
    annotations: Mapping[str, Any] | None = None


class _Object(Struct, frozen=True):
    metadata: _Metadata = _Metadata()
    data: Mapping[str, Any] | None = None


class Need(Struct, frozen=True, kw_only=True):
    """A provider that is needed, what people call the routes that lead to it, and their paths."""

    provider: str
    routes: tuple[str, ...]
    paths: tuple[str, ...]

    def __str__(self) -> str:
        return f"provider `{self.provider}` is needed by {', '.join(self.routes)} of the console"


def needs(routes: Resources, providers: Collection[str]) -> Iterator[Need]:
    """Yield each of these providers that one of the routes leads to."""
    led = {path: _led_to(body) for path, body in routes.items()}
    for provider in providers:
        paths = tuple(path for path in led if provider in led[path])
        if paths:
            names = tuple(dict.fromkeys(map(_called, paths)))
            yield Need(provider=provider, routes=names, paths=paths)


def refuse_needed(
    paths: GatewayPaths, store: Store, going: Collection[str], *, runs: Callable[[], bool]
) -> None:
    """Raise BadUsage when a route that a person made leads to one of these providers."""
    known = (read_applied(paths.higress_run), *Unfinished(paths.higress_run).attempts())
    ours = {path for one in known for path in one}
    routes = {path: body for path, body in store.listed(*PATHS).items() if path not in ours}
    found = tuple(needs(routes, sorted(going)))
    if not found:
        return
    hint = "aigw console --open"
    if not runs():
        files = dict.fromkeys(path for need in found for path in need.paths)
        hint = " && ".join(aside(os.fspath(paths.higress / path)) for path in files)
    words = "; ".join(map(str, found))
    raise BadUsage(f"{words}; change or remove that first", hint=hint)


def _led_to(body: Mapping[str, Any]) -> set[str]:
    """Return the providers that a route leads to; none where Higress would not understand it."""
    with suppress(ValueError, TypeError):
        route = convert(body, _Object)
        text = (route.data or {}).get("data")
        if text:
            return _of_ai_route(json.decode(text, type=_AiRoute))
        destination = (route.metadata.annotations or {}).get("higress.io/destination")
        return set(_SERVICE.findall(str(destination)))
    return set()


def _of_ai_route(route: _AiRoute) -> set[str]:
    fallback = route.fallback_config
    others = fallback.upstreams if fallback and fallback.enabled else ()
    return {one.provider for one in (*route.upstreams, *others)}


def _called(path: str) -> str:
    name = path.partition("/")[2].removesuffix(".yaml")
    found = _AI_ROUTE.fullmatch(name)
    return f"AI route `{found[1]}`" if found else f"route `{name}`"
