"""The document as it was applied last, which is what runs, whatever `gateway.yaml` says now."""

from pathlib import Path

from aigw.errors import SpecInvalid
from aigw.spec.gateway import GatewaySpec
from aigw.spec.reading import parse
from aigw.state.document import load_tree
from aigw.state.files import write_atomically
from aigw.state.paths import GatewayPaths
from aigw.state.reading import read_text


def applied_file(paths: GatewayPaths) -> Path:
    """Say where the document is kept as it was applied last."""
    return paths.run / "gateway.yaml"


def applied_spec(paths: GatewayPaths) -> GatewaySpec | None:
    """Return the spec that was applied last; None where none is known."""
    file = applied_file(paths)
    try:
        return parse(load_tree(file), source=str(file), rules=False) if file.exists() else None
    except SpecInvalid:
        return None


def remember_applied(paths: GatewayPaths) -> None:
    """Keep the document as it is applied now."""
    text = read_text(paths.spec)
    if _applied_text(paths) != text:
        write_atomically(applied_file(paths), text)


def difference(paths: GatewayPaths) -> str:
    """Return how the document differs from the one that was applied last, as a unified diff."""
    from difflib import unified_diff  # slow to import

    lines = unified_diff(
        _applied_text(paths).splitlines(),
        read_text(paths.spec).splitlines(),
        "applied last",
        paths.spec.name,
        lineterm="",
    )
    return "\n".join(lines)


def _applied_text(paths: GatewayPaths) -> str:
    try:
        return applied_file(paths).read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
