"""What we change in the files that Higress' image brings itself."""

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from aigw.rendering.higress_upstream import Upstream
from aigw.rendering.store_yaml import dump_text, load
from aigw.rendering.template import filled
from aigw.spec.secret import Secret

Body = dict[str, Any]

LABEL = {"higress.io/resource-definer": "higress"}
ADMIN = "admin"
BODY_LIMIT = 32 * 1024 * 1024
ACCESS_LOG = "/var/log/proxy/access.log"
DNS_RETRY = "30s"
CONSOLE = {
    "system.initialized": "true",
    "index.redirect-target": "/ai/route",
    "route.default.initialized": "true",
    "dashboard.builtin": "false",
}


def default_files(
    defaults: Mapping[str, Body], upstreams: Iterable[Upstream], *, password: Secret
) -> dict[str, Body]:
    """Return the image's own files that are not left as they are."""
    files: dict[str, Any] = {**filled("higress/defaults.yaml"), **defaults}
    console = files["configmaps/higress-console.yaml"]
    config = files.get("configmaps/higress-config.yaml")
    return {
        **({"configmaps/higress-config.yaml": _config(config)} if config else {}),
        "configmaps/higress-console.yaml": _labelled(
            {**console, "data": console["data"] | CONSOLE}
        ),
        "secrets/higress-console.yaml": _admin(password),
        "mcpbridges/default.yaml": _bridge(files["mcpbridges/default.yaml"], upstreams),
    }


def _config(default: Body) -> Body:
    """Make the access log fill, a failed look-up of a name heal soon, and bodies as long as ours.

    The container's scripts write another log file where `accessLogFile` begins a line.
    """
    data = default["data"]
    mesh = with_scalar(data.get("mesh", ""), ("accessLogFile",), ACCESS_LOG)
    limited = ("downstream", "connectionBufferLimits")
    return _labelled(
        {
            **default,
            "data": {
                **data,
                "higress": with_scalar(data.get("higress", ""), limited, BODY_LIMIT),
                "mesh": with_scalar(mesh, ("dnsRefreshRate",), DNS_RETRY),
            },
        }
    )


def with_scalar(text: str, path: tuple[str, ...], value: str | int) -> str:
    """Set one value in a YAML text, and leave all else as it is written."""
    wanted = _with_value(load(text), path, value)
    for candidate in (_line_replaced(text, path, value), _line_added(text, path, value)):
        if load(candidate) == wanted:
            return candidate
    return dump_text(wanted)


def _with_value(tree: Body, path: tuple[str, ...], value: str | int) -> Body:
    name, *rest = path
    child = tree.get(name)
    deeper = (
        _with_value(child if isinstance(child, dict) else {}, (*rest,), value) if rest else value
    )
    return {**tree, name: deeper}


def _line_replaced(text: str, path: tuple[str, ...], value: str | int) -> str:
    """Put the value into the line of its key, the first one below its parent."""
    *parents, name = path
    begin = 0
    for parent in parents:
        found = re.search(rf"^{parent}:[ ]*$", text, re.MULTILINE)
        begin = found.end() if found else len(text)
    line = re.compile(rf"^(?P<indent> *)[\"']?{name}[\"']?:.*$", re.MULTILINE)
    return text[:begin] + line.sub(rf"\g<indent>{_line(name, value)}", text[begin:], count=1)


def _line_added(text: str, path: tuple[str, ...], value: str | int) -> str:
    """Add the value at the end, with its parent where it has one."""
    lines = [f"{'  ' * depth}{name}:" for depth, name in enumerate(path[:-1])]
    lines.append("  " * (len(path) - 1) + _line(path[-1], value))
    return "\n".join([*([text.rstrip("\n")] if text.strip() else []), *lines])


def _line(name: str, value: str | int) -> str:
    key = f'"{name}"' if name == "accessLogFile" else name
    return f"{key}: {value}"


def _labelled(body: Body) -> Body:
    metadata = body.get("metadata", {})
    return {**body, "metadata": {**metadata, "labels": {**metadata.get("labels", {}), **LABEL}}}


def _admin(password: Secret) -> Body:
    """Return the admin's Secret; what encrypts cookies there is made of the password."""
    made = sha256(f"higress-console\0{password.reveal()}".encode()).hexdigest()
    return filled(
        "higress/console_secret.yaml",
        user=_base64(ADMIN),
        display=_base64(ADMIN.title()),
        password=_base64(password.reveal()),
        key=_base64(made[:32]),
        iv=_base64(made[32:48]),
    )


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def _bridge(default: Body, upstreams: Iterable[Upstream]) -> Body:
    """Add a registry for each provider to those of the image."""
    spec = default["spec"]
    ours = [registry for upstream in upstreams for registry in upstream.registries()]
    named = {str(registry["name"]): registry for registry in (*spec["registries"], *ours)}
    return {**default, "spec": {**spec, "registries": [*named.values()]}, "status": {}}
