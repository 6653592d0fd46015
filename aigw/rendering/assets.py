"""Where `templates/` is: in the package when installed, beside it in a checkout."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path


@cache
def text(name: str) -> str:
    """Return a file of `templates/` by its path below it: `envoy/gateway.lua`."""
    return folder().joinpath(name).read_text(encoding="utf-8")


def modules(names: Iterable[str]) -> Mapping[str, str]:
    """Return Lua modules, given as `shared/prompt`, by the names they have within a program."""
    return {name.rpartition("/")[2]: text(f"{name}.lua") for name in names}


def folder() -> Path:
    """Return the folder of templates."""
    package = Path(__file__).parents[1]
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"
