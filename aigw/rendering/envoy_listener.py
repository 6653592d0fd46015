"""The listener and its access log."""

import json

from aigw.rendering.envoy_errors import mappers
from aigw.rendering.layout import Layout
from aigw.rendering.template import Tree, filled
from aigw.spec.gateway import Listen

SESSION_HEADERS = (
    "x-openclaw-session-key",
    "x-clawdbot-session-key",
    "x-moltbot-session-key",
    "x-agent-session",
    "x-session-affinity",
)


def listener(listen: Listen, layout: Layout) -> dict[str, Tree]:
    """Return the listener, which reads its routes from a file."""
    limits = layout.limits
    return filled(
        "envoy/listener.yaml",
        address=listen.address,
        port=listen.http,
        body_limit=limits.body,
        headers_timeout=seconds(limits.headers),
        body_silence=seconds(limits.body_silence),
        routes=source(str(layout.routes)),
        mappers=mappers(layout),
        access_log=str(layout.access_log),
        access_log_format=_log_format(),
    )


def source(path: str) -> dict[str, Tree]:
    """Say that resources are in a file."""
    return filled("envoy/source.yaml", path=path)


def seconds(number: int) -> str:
    """Write a duration as Envoy does."""
    return f"{number}s"


def _log_format() -> dict[str, Tree]:
    return filled(
        "envoy/access_log.yaml",
        session=first_of(*(("REQ", name) for name in SESSION_HEADERS)),
        path=first_of(
            ("DYNAMIC_METADATA", "aigw:path"),
            ("METADATA", "ROUTE:aigw:path"),
            ("PATH", "NQ"),
        ),
        provider=first_of(
            ("UPSTREAM_METADATA", "aigw:provider"), ("METADATA", "ROUTE:aigw:provider")
        ),
    )


def first_of(*commands: tuple[str, str]) -> str:
    """Write the first of several values that is there, as Envoy's COALESCE."""
    operators = [{"command": command, "param": parameter} for command, parameter in commands]
    return "".join(
        ("%COALESCE(", json.dumps({"operators": operators}, separators=(",", ":")), ")%")
    )
