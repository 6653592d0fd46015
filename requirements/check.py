"""`make check`: the lock files hold what pyproject.toml asks for, by hash, and name no address."""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HERE = Path(__file__).parent
PYPROJECT = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))
LOCKED = re.compile(r"^(\S+)==([^\s;]+).*\\\n((?: +--hash=.*\n)+)((?: +#.*\n)*)", re.MULTILINE)


def group(name: str) -> Iterator[str]:
    """Return what a dependency group asks for, the groups that it includes too."""
    for entry in PYPROJECT["dependency-groups"][name]:
        if isinstance(entry, str):
            yield entry
        else:
            yield from group(entry["include-group"])


def problems(lock: str, wanted: list[str]) -> Iterator[str]:
    """Say where a lock file differs from what is asked for."""
    text = (HERE / lock).read_text(encoding="utf-8")
    if "://" in text or re.search(r"^-", text, re.MULTILINE):
        yield f"{lock} names an address or carries an option"
    locked = {name: (version, via) for name, version, _, via in LOCKED.findall(text)}
    if len(locked) != len(re.findall(r"^\S+==", text, re.MULTILINE)):
        yield f"{lock} has a requirement twice or without a hash"
    asked = {str(canonicalize_name(one.name)): one for one in map(Requirement, wanted)}
    for name, requirement in asked.items():
        if name not in locked:
            yield f"{lock} lacks {requirement}"
        elif locked[name][0] not in requirement.specifier:
            yield f"{lock} has {name} {locked[name][0]}, asked for is {requirement}"
    for name, (_, via) in locked.items():
        if "(pyproject.toml" in via and name not in asked:
            yield f"{lock} still has {name}, which nothing asks for"


def main() -> None:
    """End with a sentence a problem."""
    project = PYPROJECT["project"]
    runtime = [*project["dependencies"], *project["optional-dependencies"]["envoy"]]
    found = [
        *problems("runtime.txt", [*runtime, *group("build")]),
        *problems("dev.txt", [*runtime, *group("dev")]),
    ]
    if found:
        sys.exit("\n".join([*found, "hint: make lock"]))


if __name__ == "__main__":
    main()
