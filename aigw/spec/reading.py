"""The door through which a `gateway.yaml` becomes a spec."""

from collections.abc import Iterator

from aigw.errors import Problem, SpecInvalid
from aigw.spec.contradictions import contradictions, unserved
from aigw.spec.gateway import GatewaySpec
from aigw.spec.shape import Shaped, shaped

MOST_PROBLEMS = 200


def parse(tree: object, *, source: str, rules: bool = True) -> GatewaySpec:
    """Return the spec of a YAML tree, or raise SpecInvalid with all that is wrong in it.

    `source` names the tree in the error. Without `rules` RE2 is not asked about the patterns of
    routing rules: for commands that only show a spec, and to be quick. A spec that a command built
    is checked by `parse(to_tree(spec, defaults=False), ...)`.
    """
    read = shaped(tree)
    if problems := _problems(read, rules=rules):
        raise SpecInvalid(source, problems)
    return read.spec


def _problems(read: Shaped, *, rules: bool) -> tuple[Problem, ...]:
    """Return what is malformed, and what is contradictory without being malformed itself."""
    problems = [*read.problems, *(_unexplained(read, rules=rules) if read.readable else ())]
    if len(problems) > MOST_PROBLEMS:
        rest = Problem(path="", message=f"and {len(problems) - MOST_PROBLEMS} problems more")
        return (*problems[:MOST_PROBLEMS], rest)
    return tuple(problems)


def _unexplained(read: Shaped, *, rules: bool) -> Iterator[Problem]:
    """Yield the contradictions that do not only follow from malformed values."""
    malformed = {problem.path for problem in read.problems}
    outer = {place for path in malformed for place in _around(path)}
    found = [*contradictions(read.spec, rules=rules)]
    if "providers" not in outer:
        found += unserved(read.spec)
    for one in found:
        if one.path not in outer and malformed.isdisjoint(_around(one.path)):
            yield one


def _around(path: str) -> Iterator[str]:
    """Yield the path itself and those of all that it is part of."""
    yield path
    for place, letter in enumerate(path):
        if letter in ".[":
            yield path[:place]
